package dev.graft.cli;

import dev.graft.Device;
import dev.graft.Graft;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadRequestException;
import dev.graft.job.Baselines;
import dev.graft.job.FineTuneJob;
import dev.graft.job.HeadChoice;
import dev.graft.job.Job;
import dev.graft.job.JobEvent;
import dev.graft.job.JobListener;
import dev.graft.job.JobResult;
import dev.graft.job.Surgery;
import dev.graft.job.Training;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.edit.Edits;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.metric.Evaluation;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code graft demo}. */
@Command(
    name = "demo",
    description =
        "The whole job on this machine: a backbone trained on ImageNet learns five new labels.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  graft demo                  train, publish to out/demo/<version>, score the test photos",
      "  graft demo --splits 10      the same on ten splits, and the mean",
      "  graft demo --per-class 5    what five photos of each label can do",
      "  graft demo --boxes          find cells in blood, after 100 pictures of them"
    })
final class DemoCommand implements Callable<Integer> {

  private static final int RAW_PIXELS = 32;

  private final Terminal terminal;

  @Option(
      names = "--splits",
      paramLabel = "N",
      description = "Repeat on N splits (seeds 0 to N-1) and print the mean; nothing is published.")
  private int splits;

  @Option(
      names = "--per-class",
      paramLabel = "N",
      description = "Learn from at most N photos of each label.")
  private int perClass;

  @Option(
      names = "--boxes",
      description =
          "A detector instead: the network learns to find cells on 100 pictures of blood.")
  private boolean boxes;

  @Mixin private CacheOption cache = new CacheOption();

  @Mixin private SeedOption seed = new SeedOption();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where versions are published (default: out/demo, out/demo-boxes).")
  private @Nullable Path to;

  @Mixin private CommonOptions common = new CommonOptions();

  DemoCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    long start = System.nanoTime();
    if (splits < 0 || perClass < 0) {
      throw new BadRequestException(
          "--splits and --per-class take a number of 1 or more; leave them out for one split of all"
              + " photos.");
    }
    if (splits > 0 && to != null) {
      throw new BadRequestException(
          "with --splits nothing is published; leave --out out, or --splits.");
    }
    if (boxes && (splits > 0 || perClass > 0)) {
      throw new BadRequestException(
          "--splits and --per-class are for labels, not for boxes; leave them out, or --boxes.");
    }
    FineTuneJob ready = FineTuneJob.of(job(seed.seed()));
    JobLines lines = new JobLines(terminal);
    try (Interrupt interrupt = new Interrupt(lines);
        Graft graft = Graft.open(cache.of(MachineOptions.settings(Device.AUTO, 0)))) {
      if (splits > 0) {
        repeat(graft, lines);
        return 0;
      }
      JobResult result = ready.run(graft, interrupt, interrupt.cancellation());
      if (!boxes) {
        Evaluation raw = rawPixels(graft, result.parts());
        lines.say("compare", "the same head on raw pixels gets %.3f", raw.accuracy());
      }
      lines.say("total", "%.0f s", (System.nanoTime() - start) / 1e9);
      lines.say(
          "next",
          "graft predict --model %s %s",
          Terminal.quoted(out()),
          boxes ? "--draw drawn some.jpg" : "some.jpg");
      lines.say(
          "yours",
          "graft finetune --model efficientnet-lite0 --data YOUR_PHOTOS --out serving/photos%s",
          boxes ? " --head boxes" : "");
      lines.heldOut(result.score());
      return 0;
    }
  }

  private Path out() {
    return to == null ? Path.of("out", boxes ? "demo-boxes" : "demo") : to;
  }

  private Job job(long ofSeed) {
    Path backbone = ModelNames.resolve("efficientnet-lite0");
    if (boxes) {
      return Job.of(backbone, ModelNames.ofRepository("testdata/bccd"), out())
          .surgery(Surgery.standard().head(HeadChoice.BOXES))
          .training(Training.by("head").seed(ofSeed))
          .name("boxes")
          .build();
    }
    return Job.of(backbone, ModelNames.ofRepository("testdata/photos"), out())
        .split(Split.of(60, 20, 20).seed(ofSeed).perLabel(perClass))
        .training(Training.by("auto").seed(ofSeed))
        .name("demo")
        .build();
  }

  private Evaluation rawPixels(Graft graft, Parts parts) {
    Model pixels =
        Baselines.rawPixels(RAW_PIXELS).with(Edits.addHead(HeadSpec.singleLabel(parts.labels())));
    Run run = graft.train(pixels, parts, Recipe.headOnly().seed(seed.seed()));
    return graft.evaluate(run.model(), parts.test());
  }

  private void repeat(Graft graft, JobLines lines) {
    double sum = 0;
    double lowest = 1;
    for (int i = 0; i < splits; i++) {
      boolean first = i == 0;
      JobListener some =
          event -> {
            boolean progress =
                event instanceof JobEvent.OfTraining training
                    && training.event() instanceof Progress;
            if (progress || first && event instanceof JobEvent.Begun) {
              lines.on(event);
            }
          };
      Evaluation test = FineTuneJob.of(job(i)).trial(graft, some, new CancellationToken());
      lines.say(
          "split " + i, "%d of %d right: %.3f", test.correct(), test.count(), test.accuracy());
      sum += test.accuracy();
      lowest = Math.min(lowest, test.accuracy());
    }
    lines.say("lowest", "%.3f", lowest);
    terminal.line(String.format(Locale.ROOT, "mean held-out accuracy: %.3f", sum / splits));
  }
}
