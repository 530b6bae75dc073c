package dev.graft.cli;

import dev.graft.Graft;
import dev.graft.Precision;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.GraftException;
import dev.graft.job.Job;
import dev.graft.job.RunFolder;
import dev.graft.job.Surgery;
import dev.graft.model.Model;
import dev.graft.trainer.RateCurve;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code graft finetune}. */
@Command(
    name = "finetune",
    description = "Teach a model your own labels, and publish it for a server.",
    sortOptions = false,
    footer = {
      "",
      "The pictures lie in one folder for each label, DIR/<label>/*, or in such folders",
      "under DIR/train, DIR/val and DIR/test. Or a CSV table names them in its column",
      "'file', and what is to be learned in the others: one column of text or of class",
      "numbers (0 or 1 to at most 100) holds labels, columns of 0 and 1 say which of",
      "several labels hold, other numbers are predicted; --head says otherwise. Where",
      "folders do not tell the parts, 60%% are learned from, 20%% decide, 20%% are",
      "scored once at the end.",
      "",
      "Examples:",
      "  graft finetune --model efficientnet-lite0 --data photos --out serving/photos",
      "  graft finetune --model my/saved_model --data photos --out serving/photos --seed 7",
      "  graft finetune --model efficientnet-lite0 --data photos --out serving/photos \\",
      "        --recipe gradual --epochs 20 --rate 3e-5 --optimizer adamw --monitor f1",
      "  graft finetune --model efficientnet-lite0 --data photos --out serving/photos \\",
      "        --recipe top --find-rate",
      "  graft finetune --model efficientnet-lite0 --data photos --out serving/photos \\",
      "        --unfreeze 'last 2 blocks' --size 160",
      "  graft finetune --model efficientnet-lite0 --data photos --out serving/photos \\",
      "        --hidden 256 --dropout 0.3 --head-rate 1e-3",
      "  graft finetune --model efficientnet-lite0 --data photos --out serving/photos \\",
      "        --cut top_relu6 --pooling max",
      "  graft finetune --model serving/photos --data more_photos --out serving/photos \\",
      "        --head new --carry-over",
      "  graft finetune --model serving/photos --data drawings --out serving/drawings --head keep",
      "  graft finetune --model efficientnet-lite0 --data attributes.csv --out serving/attributes \\",
      "        --head multi-label",
      "  graft finetune --model efficientnet-lite0 --data photos --out serving/search \\",
      "        --head embedding --cut block14_add",
      "",
      "--freeze, --unfreeze: all, head, backbone, a layer's name or glob, 'class BatchNormalization',",
      "'last 2 blocks', 'until block_13', 'role bias', joined by and, or, except, not.",
      "docs/surgery.md shows each with what it prints."
    })
final class FinetuneCommand implements Callable<Integer> {

  /** Where runs are kept. */
  static final Path RUNS = Path.of("runs");

  private final Terminal terminal;

  @Mixin private ModelOption model = new ModelOption();

  @Mixin private DataOption data = new DataOption();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where versions are published: DIR/1, DIR/2 and so on.")
  private Path out = Path.of("");

  @Mixin private TrainingOptions training = new TrainingOptions();

  @Mixin private SurgeryOptions surgery = new SurgeryOptions();

  @Option(
      names = "--find-rate",
      description = "Try rates on the first stretch after the head, suggest one, and stop.")
  private boolean findRate;

  @Mixin private SeedOption seed = new SeedOption();

  @Mixin private MachineOptions machine = new MachineOptions();

  @Option(
      names = "--precision",
      paramLabel = "float32|bfloat16|auto",
      description =
          "What training multiplies in (float32). bfloat16 is faster on CPUs that have it; auto"
              + " measures both for a few steps and takes the faster.")
  private Precision precision = Precision.FLOAT32;

  @Mixin private LoadFlags load = new LoadFlags();

  @Mixin private CommonOptions common = new CommonOptions();

  FinetuneCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    Split split = Split.of(60, 20, 20).seed(seed.seed());
    Job work =
        new Job(
                model.path(),
                load.options(),
                data.path(),
                surgery.surgery(),
                split,
                training.training(seed.seed()),
                out,
                machine.device(),
                machine.threads(),
                precision)
            .pinned();
    work.recipe(); // a name that is not known is said before anything is read
    Model backbone = work.readBackbone();
    Dataset photos = work.readPictures();
    Model start = work.start(backbone, photos); // what does not fit is said at once
    Graft.requirePublishable(out);
    try (Graft graft = Graft.open(machine.settings().precision(precision))) {
      FineTuning job = new FineTuning(terminal, graft, work, start, photos);
      job.introduce();
      Surgery.leftOut(backbone, start).forEach(sentence -> job.say("", "%s", sentence));
      Parts parts = job.divide(split);
      String name = name(data.path());
      if (findRate) {
        try (RunFolder folder = RunFolder.createForRate(RUNS, name, work)) {
          RateCurve curve = orLeaveNothing(folder, () -> job.findRate(parts, folder));
          String option = curve.ofHeads() ? "--head-rate" : "--rate";
          OptionalDouble rate = curve.suggestion();
          job.say(
              "next",
              "the same command with%s instead of --find-rate",
              rate.isPresent()
                  ? String.format(Locale.ROOT, " %s %.0e", option, rate.getAsDouble())
                  : "out " + option);
          return 0;
        }
      }
      try (RunFolder folder = RunFolder.create(RUNS, name, work)) {
        String heldOut = orLeaveNothing(folder, () -> job.work(parts, folder));
        job.say("next", "graft predict --model %s some.jpg", Terminal.quoted(out));
        terminal.line(heldOut);
        return 0;
      }
    }
  }

  /** A run whose pictures or model turn out to be unfit leaves nothing behind. */
  private static <T> T orLeaveNothing(RunFolder folder, Supplier<T> work) {
    try {
      return work.get();
    } catch (GraftException e) {
      folder.dropIfUnused();
      throw e;
    }
  }

  /** What a run on these data is called. */
  private static String name(Path data) {
    Path last = data.toAbsolutePath().normalize().getFileName();
    return last == null ? "run" : last.toString().replaceFirst("\\.csv$", "");
  }
}
