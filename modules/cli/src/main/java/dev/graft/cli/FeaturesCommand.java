package dev.graft.cli;

import dev.graft.Graft;
import dev.graft.Precision;
import dev.graft.data.Dataset;
import dev.graft.data.PictureTable;
import dev.graft.error.BadRequestException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.surgeon.edit.Edits;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.words.Printable;
import dev.graft.words.Words;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code graft features}: what a model's head reads of pictures, as a NumPy file. */
@Command(
    name = "features",
    description =
        "Write what a model's head reads of pictures, a row for each, to search or cluster by.",
    footer = {
      "",
      "Beside FILE.npy, FILE.npy.txt names the picture of each row. What finetune has computed",
      "of a picture is not computed again.",
      "",
      "Examples:",
      "  graft features --model efficientnet-lite0 --data photos --out photos.npy",
      "  python -c \"import numpy; print(numpy.load('photos.npy').shape)\""
    })
final class FeaturesCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Mixin private ModelOption model = new ModelOption();

  @Mixin private DataOption data = new DataOption();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE.npy",
      description = "Where the rows go: float32, in NumPy's format.")
  private Path out = Path.of("");

  @Option(
      names = "--precision",
      paramLabel = "float32|bfloat16",
      description =
          "What they are computed in (float32). bfloat16 is faster on CPUs that multiply in it, and"
              + " leaves two to three digits.")
  private Precision precision = Precision.FLOAT32;

  @Mixin private MachineOptions machine = new MachineOptions();

  @Mixin private CacheOption cache = new CacheOption();

  @Mixin private LoadFlags load = new LoadFlags();

  @Mixin private CommonOptions common = new CommonOptions();

  FeaturesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    Path folder = out.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder) || Files.isDirectory(out)) {
      throw new BadRequestException(
          "--out " + out + " cannot be written; name a file in a folder that is there.");
    }
    if (precision != Precision.FLOAT32 && precision != Precision.BFLOAT16) {
      throw new BadRequestException(
          "features are computed in float32 or bfloat16; --precision "
              + Words.of(precision)
              + " is for steps of a training.");
    }
    Model read = Graft.load(model.path(), load.options());
    Model known = read.heads().isEmpty() ? read.with(Edits.keepHead()) : read;
    NumpyFile.require(dtype(known));
    Dataset pictures = pictures();
    try (Graft graft = Graft.open(cache.of(machine.settings()));
        NumpyFile file = new NumpyFile(out, pictures.size())) {
      TrainingListener bar = TrainingListener.to(Progress.class, new ProgressBar(terminal)::show);
      graft.features(
          known,
          pictures,
          TrainOptions.by(Recipe.headOnly()).listener(bar).listener(terminal.decisions()),
          precision,
          file::append);
      Shape shape = file.finish();
      List<String> names =
          IntStream.range(0, pictures.size())
              .mapToObj(pictures::name)
              .map(Printable::line)
              .toList();
      Path beside = Path.of(out.toString().replaceFirst("(\\.npy)?$", ".npy.txt"));
      Files.write(beside, names);
      terminal.format("%s  %s, the pictures' names in %s", out, shape, beside);
    }
    return 0;
  }

  /** Of what its head reads: the output of the model that ends there. */
  private static DType dtype(Model model) {
    TensorRef features = model.heads().get(0).features();
    Model cut = model.with(Edits.cut(features.node() + ":" + features.index()));
    return cut.servingSignature().outputs().values().iterator().next().dtype();
  }

  private Dataset pictures() {
    if (!Files.isRegularFile(data.path())) {
      return Dataset.imageFolder(data.path());
    }
    PictureTable table = PictureTable.read(data.path());
    return table.with(table.answers());
  }
}
