package dev.graft.cli;

import dev.graft.Device;
import dev.graft.Graft;
import dev.graft.Precision;
import dev.graft.Trust;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadRequestException;
import dev.graft.job.Baselines;
import dev.graft.job.Job;
import dev.graft.job.RunFolder;
import dev.graft.job.Surgery;
import dev.graft.job.Training;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.edit.Edits;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
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
      "  graft demo --per-class 5    what five photos of each label can do"
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

  @Mixin private SeedOption seed = new SeedOption();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where versions are published (default: out/demo).")
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
    Job work = job(seed.seed());
    Model backbone = work.readBackbone();
    Dataset photos = work.readPictures();
    if (splits == 0) {
      Graft.requirePublishable(out());
    }
    try (Graft graft = Graft.open(MachineOptions.settings(Device.AUTO, 0))) {
      FineTuning job = new FineTuning(terminal, graft, work, work.start(backbone, photos), photos);
      job.introduce();
      return splits > 0
          ? repeat(graft, job, backbone, photos)
          : once(graft, work, job, photos, start);
    }
  }

  private Path out() {
    return to == null ? Path.of("out", "demo") : to;
  }

  private Job job(long ofSeed) {
    return new Job(
        ModelNames.resolve("efficientnet-lite0"),
        Trust.REFUSE,
        ModelNames.ofRepository("testdata/photos"),
        Surgery.standard(),
        Split.of(60, 20, 20).seed(ofSeed).perLabel(perClass),
        Training.by("auto").seed(ofSeed),
        out(),
        Device.AUTO,
        0,
        Precision.FLOAT32);
  }

  private int once(Graft graft, Job work, FineTuning job, Dataset photos, long start) {
    Parts parts = job.divide(work.split());
    String heldOut;
    try (RunFolder folder = RunFolder.create(FinetuneCommand.RUNS, "demo", work)) {
      heldOut = job.work(parts, folder);
    }
    Evaluation raw = rawPixels(graft, photos, parts);
    job.say("compare", "the same head on raw pixels gets %.3f", raw.accuracy());
    job.say("total", "%.0f s", (System.nanoTime() - start) / 1e9);
    job.say("next", "graft predict --model %s some.jpg", Terminal.quoted(out()));
    job.say(
        "yours",
        "graft finetune --model efficientnet-lite0 --data YOUR_PHOTOS --out serving/photos");
    terminal.line(heldOut);
    return 0;
  }

  private Evaluation rawPixels(Graft graft, Dataset photos, Parts parts) {
    Model pixels =
        Baselines.rawPixels(RAW_PIXELS).with(Edits.addHead(HeadSpec.singleLabel(photos.labels())));
    Run run = graft.train(pixels, parts, Recipe.headOnly().seed(seed.seed()));
    return graft.evaluate(run.model(), parts.test());
  }

  private int repeat(Graft graft, FineTuning job, Model backbone, Dataset photos) {
    double sum = 0;
    double lowest = 1;
    for (int i = 0; i < splits; i++) {
      Job work = job(i);
      Parts parts = photos.split(work.split());
      Run run =
          graft.train(
              work.start(backbone, photos), parts, work.recipe(), new ProgressBar(terminal));
      Evaluation test = graft.evaluate(run.model(), parts.test());
      job.say("split " + i, "%d of %d right: %.3f", test.correct(), test.count(), test.accuracy());
      sum += test.accuracy();
      lowest = Math.min(lowest, test.accuracy());
    }
    job.say("lowest", "%.3f", lowest);
    terminal.line(String.format(Locale.ROOT, "mean held-out accuracy: %.3f", sum / splits));
    return 0;
  }
}
