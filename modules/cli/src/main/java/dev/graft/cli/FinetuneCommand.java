package dev.graft.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.graft.Graft;
import dev.graft.Precision;
import dev.graft.Publication;
import dev.graft.Xla;
import dev.graft.data.Split;
import dev.graft.error.BadRequestException;
import dev.graft.error.RefusedException;
import dev.graft.job.FineTuneJob;
import dev.graft.job.Job;
import dev.graft.job.JobResult;
import dev.graft.trainer.RateCurve;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
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
      "scored once at the end. For --head boxes: Pascal VOC, COCO, YOLO or a table of",
      "boxes; docs/detection.md says more.",
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
      "  graft finetune --model efficientnet-lite0 --data photos --out serving/photos --json",
      "  graft finetune --model efficientnet-lite0 --data photos --out serving/photos \\",
      "        --min-accuracy 0.9 --min recall.cat=0.8 --min latency=50 --not-worse --keep 5",
      "  graft finetune --model serving/photos --data more_photos --out serving/photos \\",
      "        --head new --carry-over",
      "  graft finetune --model serving/photos --data drawings --out serving/drawings --head keep",
      "  graft finetune --model efficientnet-lite0 --data attributes.csv --out serving/attributes \\",
      "        --head multi-label",
      "  graft finetune --model efficientnet-lite0 --data photos --out serving/search \\",
      "        --head embedding --cut block14_add",
      "  graft finetune --model efficientnet-lite0 --data BCCD --out serving/cells --head boxes",
      "",
      "--freeze, --unfreeze: all, head, backbone, a layer's name or glob, 'class BatchNormalization',",
      "'last 2 blocks', 'until block_13', 'role bias', joined by and, or, except, not.",
      "docs/surgery.md shows each with what it prints."
    })
final class FinetuneCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Mixin private ModelOption model = new ModelOption();

  @Mixin private DataOption data = new DataOption();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where versions are published: DIR/1, DIR/2 and so on.")
  private Path out = Path.of("");

  @Mixin private GateOptions gates = new GateOptions();

  @Mixin private VersionOptions version = new VersionOptions();

  @Mixin private TrainingOptions training = new TrainingOptions();

  @Mixin private SurgeryOptions surgery = new SurgeryOptions();

  @Option(
      names = "--find-rate",
      description = "Try rates on the first stretch after the head, suggest one, and stop.")
  private boolean findRate;

  @Mixin private SeedOption seed = new SeedOption();

  @Mixin private MachineOptions machine = new MachineOptions();

  @Mixin private CacheOption cache = new CacheOption();

  @Option(
      names = "--precision",
      paramLabel = "float32|tf32|bfloat16|float16|auto",
      description =
          "What training multiplies in (float32). bfloat16 is faster on CPUs that have it, and"
              + " holds for the features of what does not train, too. auto measures float32 and"
              + " bfloat16 for a few steps, and ways to compute gradients, takes the fastest, and"
              + " leaves features in float32. tf32 and float16 are for GPUs alone, where auto is tf32.")
  private Precision precision = Precision.FLOAT32;

  @Option(
      names = "--xla",
      paramLabel = "auto|on|off",
      description =
          "Whether XLA compiles the steps (auto: on a GPU if a measurement says that it pays; on"
              + " the CPU not).")
  private Xla xla = Xla.AUTO;

  @Option(
      names = "--json",
      description = "Print one JSON object; how it goes is told on standard error.")
  private boolean json;

  @Mixin private LoadFlags load = new LoadFlags();

  @Mixin private CommonOptions common = new CommonOptions();

  FinetuneCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws JsonProcessingException {
    if (findRate && training.isTimed()) {
      throw new BadRequestException(
          "--find-rate ends by itself after some hundred steps; leave out --time.");
    }
    Job job =
        Job.of(model.path(), data.path(), out)
            .publication(version.on(gates.on(Publication.to(out))))
            .load(load.options())
            .surgery(surgery.surgery())
            .split(Split.of(60, 20, 20).seed(seed.seed()))
            .training(training.training(seed.seed()))
            .precision(precision)
            .build();
    Terminal told = json ? terminal.aside() : terminal;
    JobLines lines = new JobLines(told);
    JobJson object = new JobJson(lines);
    try (OpeningGraft opening = new OpeningGraft(cache.of(machine.settings().xla(xla)));
        Interrupt interrupt = new Interrupt(object)) {
      FineTuneJob ready = FineTuneJob.of(job); // what does not fit is said before all else
      Graft graft = opening.graft();
      if (findRate) {
        RateCurve curve = ready.findRate(graft, interrupt, interrupt.cancellation());
        suggest(lines, curve);
        if (json) {
          terminal.json(JobJson.of(curve));
        }
      } else {
        JobResult result = ready.run(graft, interrupt, interrupt.cancellation());
        lines.say("next", "graft predict --model %s some.jpg", Terminal.quoted(out));
        lines.heldOut(result.score());
        if (json) {
          terminal.json(object.of(result));
        }
      }
      return 0;
    } catch (RefusedException e) {
      if (json) {
        terminal.json(object.refused());
      }
      throw e;
    }
  }

  private static void suggest(JobLines lines, RateCurve curve) {
    String option = curve.ofHeads() ? "--head-rate" : "--rate";
    OptionalDouble rate = curve.suggestion();
    lines.say(
        "next",
        "the same command with%s instead of --find-rate",
        rate.isPresent()
            ? String.format(Locale.ROOT, " %s %.0e", option, rate.getAsDouble())
            : "out " + option);
  }
}
