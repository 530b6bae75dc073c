package dev.graft.cli;

import dev.graft.Graft;
import dev.graft.Publication;
import dev.graft.error.BadRequestException;
import dev.graft.job.Exam;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.surgeon.edit.Edits;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code graft publish}. */
@Command(
    name = "publish",
    description = "Publish a finished model as the next version, proven as every version is.",
    sortOptions = false,
    footer = {
      "",
      "It is written as finetune writes it, with a signature for pictures as files, loaded back by",
      "TensorFlow and compared with the model; with --data on some of these pictures.",
      "",
      "Examples:",
      "  graft publish my/saved_model --to serving/photos",
      "  graft publish my/saved_model --labels labels.txt --to serving/photos",
      "  graft publish my/saved_model --to serving/photos --data photos/test --min-accuracy 0.9 \\",
      "        --not-worse --keep 5 --notes what-it-is-for.md",
      "  graft publish efficientnet-lite0 --to serving/search --features --server-batches 16"
    })
final class PublishCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Mixin private ModelParameter model = new ModelParameter();

  @Option(
      names = "--to",
      required = true,
      paramLabel = "BASE",
      description = "Where versions are: BASE/1, BASE/2 and so on.")
  private Path base = Path.of("");

  @Option(
      names = "--data",
      paramLabel = "DIR|FILE",
      description =
          "Pictures that it did not learn from, in a folder for each label or a table: what --min and"
              + " --not-worse are about.")
  private @Nullable Path data;

  @Mixin private LabelsOption labels = new LabelsOption();

  @Mixin private GateOptions gates = new GateOptions();

  @Mixin private VersionOptions version = new VersionOptions();

  @Mixin private MachineOptions machine = new MachineOptions();

  @Mixin private LoadFlags load = new LoadFlags();

  @Mixin private CommonOptions common = new CommonOptions();

  PublishCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    Publication terms = version.on(gates.on(Publication.to(base)));
    if (data == null && terms.isGated()) {
      throw new BadRequestException("--min and --not-worse are about pictures; give --data.");
    }
    Optional<Labels> meant = labels.labels();
    Graft.requirePublishable(base);
    Model read = Graft.load(model.path(), load.options());
    Optional<Exam> exam = Optional.ofNullable(data).map(at -> Exam.of(read, at, meant));
    try (Graft graft = Graft.open(machine.settings())) {
      new JobLines(terminal)
          .published(
              graft.publish(
                  exam.map(Exam::model).orElseGet(() -> labelled(read, meant)),
                  exam.map(Exam::pictures).map(terms::examples).orElse(terms)));
    }
    return 0;
  }

  private static Model labelled(Model read, Optional<Labels> meant) {
    return meant.map(all -> read.with(Edits.keepHead(all))).orElse(read);
  }
}
