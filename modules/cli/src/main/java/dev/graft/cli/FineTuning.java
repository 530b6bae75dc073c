package dev.graft.cli;

import dev.graft.Gallery;
import dev.graft.Gate;
import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.Trust;
import dev.graft.Version;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.job.HeadChoice;
import dev.graft.job.Job;
import dev.graft.job.RunFolder;
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.surgeon.Where;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.Run;
import dev.graft.trainer.listener.Callback;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.Interval;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;

/** The main job, told line by line: a backbone and pictures in, a served model out. */
final class FineTuning {

  /** The operations that say what a head is. */
  private static final Set<String> HEADS = Set.of("keepHead", "replaceHead", "addHead");

  private final Terminal terminal;
  private final Graft graft;
  private final Job job;
  private final Model start;
  private final Dataset photos;

  /**
   * A job to be told.
   *
   * @param start the model as it is trained
   */
  FineTuning(Terminal terminal, Graft graft, Job job, Model start, Dataset photos) {
    this.terminal = terminal;
    this.graft = graft;
    this.job = job;
    this.start = start;
    this.photos = photos;
  }

  /** Prints what the data and the model are. */
  void introduce() {
    say("machine", "%s", graft.machine().inShort());
    say(
        "photos",
        "%d pictures, %s%s",
        photos.size(),
        answers(),
        photos.duplicates() == 0 ? "" : ", " + photos.duplicates() + " duplicates");
    photos.notes().forEach(note -> say("", "%s", note));
    say(
        "model",
        "%s, %s parameters",
        start.name(),
        LayerRows.grouped(start.variables().stream().mapToLong(LayerRows::count).sum()));
    if (!start.leftOut().isEmpty()) {
      say("", "%s", ModelText.leftOut(start.leftOut()));
    }
    for (InputSpec input : start.inputs()) {
      input
          .range()
          .ifPresent(
              range ->
                  say("input", "%s, %s", LayerRows.shape(input.shape()), ModelText.words(range)));
    }
  }

  /** What is said of the pictures. */
  private String answers() {
    if (!photos.hasLabels()) {
      return "with numbers to predict";
    }
    String labels = photos.labels().size() + " labels";
    if (!photos.isOneLabel()) {
      return labels + ", any number of which may hold";
    }
    int[] counts = photos.perLabel();
    int fewest = Arrays.stream(counts).min().orElse(0);
    int most = Arrays.stream(counts).max().orElse(0);
    return labels + " (" + (fewest == most ? "" + fewest : fewest + "-" + most) + " each)";
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
    parts.notes().forEach(note -> say("", "%s", note));
    return parts;
  }

  /** Trains, and says what was decided on the way. Ctrl-C ends it with its last state kept. */
  private Run train(Parts parts, RunFolder folder) {
    say("head", "%s", headWords());
    Run run = interruptible(parts, folder);
    for (Map.Entry<Progress.Phase, Duration> time : run.times().entrySet()) {
      say(
          "time",
          "%-9s %.1f s",
          time.getKey().name().toLowerCase(Locale.ROOT).replace('_', '-'),
          time.getValue().toMillis() / 1000.0);
    }
    return run;
  }

  private Run interruptible(Parts parts, RunFolder folder) {
    try (Interrupt interrupt = new Interrupt()) {
      try {
        List<Callback> all = new ArrayList<>(folder.callbacks());
        all.addAll(List.of(new ProgressBar(terminal), decisions(), interrupt.trainingSwitch()));
        return graft.train(start, parts, job.recipe(), all.toArray(new Callback[0]));
      } catch (CancellationException e) {
        say("stopped", "'graft resume %s' goes on from here", Terminal.quoted(folder.path()));
        throw e;
      }
    }
  }

  private String headWords() {
    Head head = start.heads().get(0);
    boolean trains =
        Where.head().in(start).variables().stream()
            .anyMatch(name -> start.variable(name).orElseThrow().trainable());
    boolean isKept = // by the last that was said of the head
        start.provenance().steps().stream()
            .map(Provenance.Step::operation)
            .filter(HEADS::contains)
            .reduce("", (before, last) -> last)
            .equals("keepHead");
    String what = head.labels().isPresent() ? "label" : "number";
    String units = head.units() + " " + what + (head.units() == 1 ? "" : "s");
    String place =
        !isKept
            ? " in the place of the old answer"
            : trains ? ", the model's own, which trains too" : ", kept as it is";
    String after =
        job.surgery().head() == HeadChoice.EMBEDDING ? ", cut off once it has taught" : "";
    return head.name() + ": " + units + place + after;
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
  private Path publish(Run run, Parts parts, RunFolder folder) {
    Version version =
        folder.publish(
            graft,
            job.surgery().finished(run.model()),
            new Gate(0, parts.validation()).with(run.recipe()));
    say(
        "export",
        "%s · reloaded by TensorFlow, largest difference %.1e · batches %s · %s",
        version.path(),
        version.largestDifference(),
        version.batches().toString().replaceAll("[\\[\\]]", ""),
        version.warmUps() == 0 ? "no warm-up" : "warm-up written");
    version.uncompared().forEach(what -> say("", "not compared: %s", what));
    version.remarks().forEach(remark -> say("", "%s", remark));
    return version.path();
  }

  /** Scores the published version on the test part, which nothing has looked at so far. */
  private Evaluation test(Path version, Run run, Parts parts) {
    try (LiveModel live = graft.serve(version, Trust.ALLOW)) {
      Evaluation test = live.evaluate(parts.test(), run.recipe());
      Interval interval = test.interval();
      say(
          "test",
          "%d of %d right: %.3f (95%% interval %.2f to %.2f)%s",
          test.correct(),
          test.count(),
          test.accuracy(),
          interval.low(),
          interval.high(),
          monitored(test, run, parts));
      return test;
    }
  }

  /** The metric that decided, if that was another than accuracy. */
  private String monitored(Evaluation test, Run run, Parts parts) {
    String metric = job.training().monitor();
    if (metric == null || metric.equals("accuracy")) {
      return "";
    }
    boolean served = metric.equals("loss") || test.metrics().containsKey(metric);
    Evaluation score = served ? test : graft.evaluate(run.model(), parts.test(), run.recipe());
    return String.format(Locale.ROOT, ", %s %.3f", metric, score.metric(metric));
  }

  void say(String what, String pattern, Object... arguments) {
    terminal.line(
        String.format(Locale.ROOT, "%-9s ", what) + String.format(Locale.ROOT, pattern, arguments));
  }

  /**
   * The whole of it, from training to the score of what was published.
   *
   * @return the line that programs read
   */
  String work(Parts divided, RunFolder folder) {
    say("run", "%s", folder.path());
    Parts parts = Job.fitting(divided, start);
    Run run = train(parts, folder);
    Optional<Path> before = folder.published().filter(Files::isDirectory);
    before.ifPresent(path -> say("export", "%s, before the run was stopped", path));
    Path version = before.orElseGet(() -> publish(run, parts, folder));
    if (job.surgery().head() == HeadChoice.EMBEDDING) {
      double found = search(run, parts);
      report(folder, run, "validation", run.validation());
      return heldOut("accuracy", found);
    }
    if (parts.test().isOneLabel()) {
      Evaluation test = test(version, run, parts);
      report(folder, run, "test", test);
      return heldOut("accuracy", test.accuracy());
    }
    Evaluation test = graft.evaluate(run.model(), parts.test(), run.recipe());
    say(
        "test",
        "%d pictures: %s",
        test.count(),
        test.metrics().entrySet().stream()
            .map(each -> String.format(Locale.ROOT, "%s %.3f", each.getKey(), each.getValue()))
            .collect(Collectors.joining(", ")));
    report(folder, run, "test", test);
    String metric = test.metrics().keySet().iterator().next();
    return heldOut(metric, test.metric(metric));
  }

  private void report(RunFolder folder, Run run, String scored, Evaluation score) {
    say("report", "%s", folder.report(run, scored, score));
  }

  /** Finds a rate for the first stretch of fine-tuning, or for the head, and draws how. */
  RateCurve findRate(Parts divided, RunFolder folder) {
    RateCurve curve =
        graft.findRate(
            start,
            Job.fitting(divided, start),
            job.recipe(),
            new ProgressBar(terminal),
            decisions());
    say(
        "rate",
        "%s (tried %.0e to %.0e in %d steps)",
        words(curve),
        curve.points().get(0).rate(),
        curve.points().get(curve.points().size() - 1).rate(),
        curve.points().size());
    say("picture", "%s", folder.report(curve));
    return curve;
  }

  private static String words(RateCurve curve) {
    double percent = 100 * curve.fall();
    return curve.suggestion().isPresent()
        ? String.format(
            Locale.ROOT,
            "the loss falls fastest at %.1e, and by %.0f%% in all",
            curve.suggestion().getAsDouble(),
            percent)
        : String.format(
            Locale.ROOT,
            "no rate is suggested: the loss falls by %.0f%%, no more than it varies from batch to"
                + " batch",
            percent);
  }

  /**
   * Scores the vectors that the trained model gives as a search does: is the nearest picture of the
   * training part one of the same label?
   */
  private double search(Run run, Parts parts) {
    Gallery gallery = Gallery.of(vectors(run, parts.train()), parts.train());
    TensorValue asked = vectors(run, parts.test());
    int right = 0;
    for (int i = 0; i < parts.test().size(); i++) {
      Gallery.Match nearest = gallery.nearest(asked, i, 1).get(0);
      right += parts.train().label(nearest.example()) == parts.test().label(i) ? 1 : 0;
    }
    say("test", "the nearest picture has the same label for %d of %d", right, parts.test().size());
    return (double) right / parts.test().size();
  }

  private TensorValue vectors(Run run, Dataset pictures) {
    Model model = job.surgery().finished(run.model());
    return graft.predict(model, pictures, run.recipe()).values().asList().get(0);
  }

  private static String heldOut(String metric, double value) {
    return String.format(Locale.ROOT, "held-out %s: %.3f", metric, value);
  }
}
