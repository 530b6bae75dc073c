package dev.graft.cli;

import dev.graft.Version;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.job.HeadOrigin;
import dev.graft.job.JobEvent;
import dev.graft.job.JobListener;
import dev.graft.job.JobScore;
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.boxes.BoxEvaluation;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.Interval;
import dev.graft.words.Figure;
import dev.graft.words.Words;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Tells a job line by line. */
final class JobLines implements JobListener {

  private final Terminal terminal;
  private final ProgressBar bar;

  JobLines(Terminal terminal) {
    this.terminal = terminal;
    this.bar = new ProgressBar(terminal);
  }

  /** Prints a line that says what it is about. */
  void say(String what, String pattern, Object... arguments) {
    terminal.line(
        String.format(Locale.ROOT, "%-9s ", what) + String.format(Locale.ROOT, pattern, arguments));
  }

  @Override
  public void on(JobEvent event) {
    if (event instanceof JobEvent.OfTraining training) {
      told(training.event());
    } else if (event instanceof JobEvent.Begun begun) {
      begun(begun);
    } else if (event instanceof JobEvent.Divided divided) {
      divided(divided.parts(), divided.split().seed());
    } else if (event instanceof JobEvent.FolderMade made) {
      say("run", "%s", made.run());
    } else if (event instanceof JobEvent.Chosen chosen) {
      say("chosen", "%s", words(chosen));
      chosen.why().ifPresent(why -> say("", "%s", why));
    } else if (event instanceof JobEvent.TrainingBegun training) {
      say("head", "%s", words(training));
      training.maps().ifPresent(maps -> say("", "%s", maps));
    } else if (event instanceof JobEvent.Stopped stopped) {
      say("stopped", "'graft resume %s' goes on from here", Terminal.quoted(stopped.run()));
    } else if (event instanceof JobEvent.Refused refused) {
      gates(refused.figures());
      say(
          "refused",
          "nothing is published; 'graft resume %s --no-gates' publishes it all the same",
          Terminal.quoted(refused.run()));
    } else if (event instanceof JobEvent.Trained trained) {
      trained
          .run()
          .times()
          .forEach(
              (phase, time) ->
                  say("time", "%-9s %.1f s", Words.of(phase), time.toMillis() / 1000.0));
    } else if (event instanceof JobEvent.Published published) {
      published(published.version());
    } else if (event instanceof JobEvent.PublishedBefore before) {
      say("export", "%s, before the run was stopped", before.version());
    } else if (event instanceof JobEvent.Scored scored) {
      say("test", "%s", words(scored.score()));
    } else if (event instanceof JobEvent.Reported reported) {
      say("report", "%s", reported.report());
    } else if (event instanceof JobEvent.RatesTried tried) {
      say("rate", "%s", words(tried.curve()));
      say("picture", "%s", tried.picture());
    }
  }

  private void told(TrainingEvent event) {
    if (event instanceof Progress progress) {
      bar.show(progress);
    } else if (event instanceof Decision decision) {
      say("", "%s", decision.sentence());
    }
  }

  private void begun(JobEvent.Begun begun) {
    Dataset photos = begun.pictures();
    Model model = begun.model();
    say("machine", "%s", begun.machine().inShort());
    say(
        "photos",
        "%d pictures, %s%s",
        photos.size(),
        answers(photos),
        photos.duplicates() == 0 ? "" : ", " + photos.duplicates() + " duplicates");
    photos.notes().forEach(note -> say("", "%s", Flags.of(note)));
    say(
        "model",
        "%s, %s parameters",
        model.name(),
        LayerRows.grouped(model.variables().stream().mapToLong(LayerRows::count).sum()));
    if (!model.leftOut().isEmpty()) {
      say("", "%s", ModelText.leftOut(model.leftOut()));
    }
    for (InputSpec input : model.inputs()) {
      String shape = LayerRows.shape(input.shape());
      input.range().ifPresent(range -> say("input", "%s, %s", shape, ModelText.words(range)));
    }
    begun.leftOut().forEach(sentence -> say("", "%s", sentence));
  }

  private static String answers(Dataset photos) {
    if (!photos.hasLabels()) {
      return "with numbers to predict";
    }
    String labels = photos.labels().size() + " labels";
    Answers only = photos.answers().values().iterator().next();
    if (only.counts().isPresent()) {
      return Arrays.stream(only.counts().get().ints()).sum() + " boxes of " + labels;
    }
    if (!photos.isOneLabel()) {
      return labels + ", any number of which may hold";
    }
    int[] counts = photos.perLabel();
    int fewest = Arrays.stream(counts).min().orElse(0);
    int most = Arrays.stream(counts).max().orElse(0);
    return labels + " (" + (fewest == most ? "" + fewest : fewest + "-" + most) + " each)";
  }

  private void divided(Parts parts, long seed) {
    say(
        "split",
        "%d train · %d validation · %d test, seed %d",
        parts.train().size(),
        parts.validation().size(),
        parts.test().size(),
        seed);
    parts.notes().forEach(note -> say("", "%s", note));
  }

  private static String words(JobEvent.Chosen chosen) {
    double threshold = chosen.boxes().threshold();
    return String.format(
        Locale.ROOT,
        "validation %s%s%s",
        words(chosen.boxes()),
        threshold == 0
            ? "; nothing is found"
            : String.format(Locale.ROOT, "; best shown from a score of %.2f on", threshold),
        chosen.again() ? "; now learned from training and validation pictures together" : "");
  }

  private static String words(BoxEvaluation boxes) {
    return boxes.count()
        + " pictures: "
        + Stream.of("ap50", "ap", "ap75")
            .map(name -> name + " " + BoxAnswer.words(boxes.metrics(), name))
            .collect(Collectors.joining(", "));
  }

  private static String words(JobEvent.TrainingBegun training) {
    return training.heads().entrySet().stream()
            .map(head -> words(head.getKey(), head.getValue()))
            .collect(Collectors.joining("; "))
        + (training.teaches() ? ", cut off once it has taught" : "");
  }

  private static String words(Head head, HeadOrigin origin) {
    if (head.kind() == Head.Kind.BOXES) {
      return head.name()
          + " of "
          + head.labels().map(Labels::size).orElse(0)
          + " labels, on maps of the backbone";
    }
    String what = head.labels().isPresent() ? "label" : "number";
    String place =
        switch (origin) {
          case NEW -> " in the place of the old answer";
          case KEPT_AND_TRAINED -> ", the model's own, which trains too";
          case KEPT -> ", kept as it is";
        };
    return head.name() + ": " + head.units() + " " + what + (head.units() == 1 ? "" : "s") + place;
  }

  /** Says what was published, and how it was proven. */
  void published(Version version) {
    say(
        "export",
        "%s · reloaded by TensorFlow, largest difference %.1e · batches %s · %s",
        version.path(),
        version.largestDifference(),
        version.batches().toString().replaceAll("[\\[\\]]", ""),
        version.warmUps() == 0 ? "no warm-up" : "warm-up written");
    gates(version.gates());
    version.uncompared().forEach(what -> say("", "not compared: %s", what));
    version.remarks().forEach(remark -> say("", "%s", remark));
  }

  private void gates(List<Figure> figures) {
    for (Figure figure : figures) {
      say("gate", "%s%s", figure.words(), figure.holds() ? "" : ": missed");
    }
  }

  private static String words(JobScore score) {
    if (score instanceof JobScore.Found found) {
      return "the nearest picture has the same label for " + found.right() + " of " + found.count();
    }
    if (score instanceof JobScore.Boxes boxes) {
      return words(boxes.boxes());
    }
    Evaluation test = score.evaluation();
    if (score instanceof JobScore.Told told) {
      Interval interval = test.interval();
      return String.format(
              Locale.ROOT,
              "%d of %d right: %.3f (95%% interval %.2f to %.2f)",
              test.correct(),
              test.count(),
              test.accuracy(),
              interval.low(),
              interval.high())
          + told.decided()
              .map(by -> String.format(Locale.ROOT, ", %s %.3f", by.getKey(), by.getValue()))
              .orElse("");
    }
    return test.count()
        + " pictures: "
        + test.metrics().entrySet().stream()
            .map(each -> String.format(Locale.ROOT, "%s %.3f", each.getKey(), each.getValue()))
            .collect(Collectors.joining(", "));
  }

  private static String words(RateCurve curve) {
    double percent = 100 * curve.fall();
    String found =
        curve.suggestion().isPresent()
            ? String.format(
                Locale.ROOT,
                "the loss falls fastest at %.1e, and by %.0f%% in all",
                curve.suggestion().getAsDouble(),
                percent)
            : String.format(
                Locale.ROOT,
                "no rate is suggested: the loss falls by %.0f%%, no more than it varies from batch"
                    + " to batch",
                percent);
    return String.format(
        Locale.ROOT,
        "%s (tried %.0e to %.0e in %d steps)",
        found,
        curve.points().get(0).rate(),
        curve.points().get(curve.points().size() - 1).rate(),
        curve.points().size());
  }

  /** Prints the end: the line that programs read comes last. */
  void heldOut(JobScore score) {
    terminal.line(String.format(Locale.ROOT, "held-out %s: %.3f", score.metric(), score.value()));
  }
}
