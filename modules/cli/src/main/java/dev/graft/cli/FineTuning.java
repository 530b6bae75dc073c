package dev.graft.cli;

import dev.graft.Gate;
import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.Version;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.surgeon.Edits;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.trainer.Callback;
import dev.graft.trainer.Evaluation;
import dev.graft.trainer.Interval;
import dev.graft.trainer.Progress;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/** The main job, told line by line: a backbone and a folder of pictures in, a served model out. */
final class FineTuning {

  private final Terminal terminal;
  private final Graft graft;
  private final Model backbone;
  private final Dataset photos;

  FineTuning(Terminal terminal, Graft graft, Model backbone, Dataset photos) {
    this.terminal = terminal;
    this.graft = graft;
    this.backbone = backbone;
    this.photos = photos;
  }

  /** Prints what the data and the model are. */
  void introduce() {
    int[] counts = photos.perLabel();
    int fewest = Arrays.stream(counts).min().orElse(0);
    int most = Arrays.stream(counts).max().orElse(0);
    say(
        "photos",
        "%d pictures, %d labels (%s each)%s",
        photos.size(),
        photos.labels().size(),
        fewest == most ? "" + fewest : fewest + "-" + most,
        photos.duplicates() == 0
            ? ""
            : ", " + photos.duplicates() + " duplicates kept on one side");
    say(
        "model",
        "%s, %s parameters",
        backbone.name(),
        LayerRows.grouped(backbone.variables().stream().mapToLong(LayerRows::count).sum()));
    for (InputSpec input : backbone.inputs()) {
      input
          .range()
          .ifPresent(
              range ->
                  say("input", "%s, %s", LayerRows.shape(input.shape()), ModelText.words(range)));
    }
  }

  /** Divides the pictures and says how. */
  Parts divide(Split split) {
    Parts parts = photos.split(split);
    say(
        "split",
        "%d train · %d validation · %d test, seed %d",
        parts.train().size(),
        parts.validation().size(),
        parts.test().size(),
        split.seed());
    return parts;
  }

  /** The backbone frozen, with a new head for the labels of the pictures. */
  Model withNewHead(long seed) {
    return backbone.with(
        Edits.freeze(Where.all()),
        Edits.replaceHead(HeadSpec.singleLabel(photos.labels()).seed(seed)));
  }

  /** Trains, and says what was decided on the way. */
  Run train(Parts parts, long seed) {
    Model model = withNewHead(seed);
    Head head = model.heads().get(0);
    say("head", "%s: %d labels in the place of the old answer", head.name(), head.units());
    Run run =
        graft.train(
            model, parts, Recipe.headThenTop().seed(seed), new ProgressBar(terminal), decisions());
    for (Map.Entry<Progress.Phase, Duration> time : run.times().entrySet()) {
      say(
          "time",
          "%-9s %.1f s",
          time.getKey().name().toLowerCase(Locale.ROOT).replace('_', '-'),
          time.getValue().toMillis() / 1000.0);
    }
    return run;
  }

  private Callback decisions() {
    return new Callback() {
      @Override
      public void onDecision(String sentence) {
        say("", "%s", sentence);
      }
    };
  }

  /** Publishes the trained model; it has to answer on pictures as it did in training. */
  Version publish(Run run, Parts parts, Path base) {
    Version version = graft.publish(run.model(), base, new Gate(0, parts.validation()));
    say(
        "export",
        "%s · reloaded by TensorFlow, largest difference %.1e · batches %s · %s",
        version.path(),
        version.largestDifference(),
        version.batches().toString().replaceAll("[\\[\\]]", ""),
        version.warmUps() == 0 ? "no warm-up" : "warm-up written");
    return version;
  }

  /** Scores the published version on the test part, which nothing has looked at so far. */
  Evaluation test(Version version, Parts parts) {
    try (LiveModel live = graft.serve(version)) {
      Evaluation test = live.evaluate(parts.test());
      Interval interval = test.interval();
      say(
          "test",
          "%d of %d right: %.3f (95%% interval %.2f to %.2f)",
          test.correct(),
          test.count(),
          test.accuracy(),
          interval.low(),
          interval.high());
      return test;
    }
  }

  void say(String what, String pattern, Object... arguments) {
    terminal.line(
        String.format(Locale.ROOT, "%-9s ", what) + String.format(Locale.ROOT, pattern, arguments));
  }

  /** The line that programs read. */
  static String heldOut(double accuracy) {
    return String.format(Locale.ROOT, "held-out accuracy: %.3f", accuracy);
  }
}
