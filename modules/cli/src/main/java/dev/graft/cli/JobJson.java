package dev.graft.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.job.JobEvent;
import dev.graft.job.JobListener;
import dev.graft.job.JobResult;
import dev.graft.job.JobScore;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.boxes.BoxEvaluation;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.LabelScore;
import dev.graft.words.Figure;
import dev.graft.words.Words;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells a job as one object, for a program to read. */
final class JobJson implements JobListener {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final JobListener lines;
  private final long began = System.nanoTime();
  private @Nullable BoxEvaluation chosen; // on validation, of boxes
  private final Map<String, Double> phases = new LinkedHashMap<>();
  private long last = began;
  private List<Figure> gates = List.of();
  private TrainingEvent.@Nullable Features features;
  private @Nullable JobScore test;
  private @Nullable Path run;

  /**
   * Of a job that begins now.
   *
   * @param lines hears of it as well
   */
  JobJson(JobListener lines) {
    this.lines = lines;
  }

  @Override
  public void on(JobEvent event) {
    lines.on(event);
    if (event instanceof JobEvent.Chosen told) {
      chosen = told.boxes();
    }
    if (event instanceof JobEvent.TrainingBegun) {
      ended("read");
    } else if (event instanceof JobEvent.Trained trained) {
      last = System.nanoTime();
      features = trained.run().features();
      trained
          .run()
          .times()
          .forEach((phase, time) -> phases.put(Words.identifier(phase), time.toMillis() / 1e3));
    } else if (event instanceof JobEvent.Published published) {
      gates = published.version().gates();
      ended("publish");
    } else if (event instanceof JobEvent.PublishedBefore) {
      ended("publish");
    } else if (event instanceof JobEvent.Scored scored) {
      scored(scored);
    } else if (event instanceof JobEvent.Refused refused) {
      gates = refused.figures();
      run = refused.run();
    } else if (event instanceof JobEvent.Reported) {
      ended("report");
    }
  }

  /** A version is scored in the midst of being published, or after that. */
  private void scored(JobEvent.Scored event) {
    test = event.score();
    double seconds = event.time().toNanos() / 1e9;
    double since = (System.nanoTime() - last) / 1e9;
    phases.put("test", seconds);
    phases.computeIfPresent("publish", (name, time) -> since < seconds ? time - seconds : time);
    last = System.nanoTime();
  }

  private void ended(String phase) {
    long now = System.nanoTime();
    phases.put(phase, (now - last) / 1e9);
    last = now;
  }

  /** The object for what a job gave. */
  String of(JobResult result) throws JsonProcessingException {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("version", result.version().toString());
    node.put("run", result.folder().toString());
    node.put("report", result.report().toString());
    node.putObject("examples")
        .put("train", result.parts().train().size())
        .put("validation", result.parts().validation().size())
        .put("test", result.parts().test().size());
    put(node.putObject("features"), result.run().features());
    ObjectNode validation = node.putObject("validation");
    put(validation, result.run().validation());
    if (chosen != null) {
      BoxAnswer.put(validation, chosen);
    }
    test(node.putObject("test"), result.score(), result.parts().test().size());
    put(node.putArray("gates"), gates);
    phases(node.putObject("phases"));
    var decisions = node.putArray("decisions");
    result.run().decisions().forEach(decisions::add);
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(node);
  }

  /** The object for what was trained and is not published. */
  String refused() throws JsonProcessingException {
    ObjectNode node = MAPPER.createObjectNode();
    node.putNull("version");
    node.put("run", String.valueOf(run));
    if (features != null) {
      put(node.putObject("features"), features);
    }
    if (test != null) {
      test(node.putObject("test"), test, test.evaluation().count());
    }
    put(node.putArray("gates"), gates);
    phases(node.putObject("phases"));
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(node);
  }

  private void phases(ObjectNode seconds) {
    phases.forEach(seconds::put);
    seconds.put("total", (System.nanoTime() - began) / 1e9);
  }

  private static void put(ObjectNode node, TrainingEvent.Features features) {
    node.put("computed", features.computed())
        .put("reused", features.reused())
        .put("bytes", features.bytes());
  }

  private static void put(ArrayNode all, List<Figure> figures) {
    for (Figure figure : figures) {
      ObjectNode node = all.addObject().put("metric", figure.metric());
      put(node, "found", figure.found());
      put(node, figure.atMost() ? "atMost" : "atLeast", figure.wanted());
      if (!figure.against().isEmpty()) {
        node.put("against", figure.against());
      }
      node.put("holds", figure.holds());
    }
  }

  private static void test(ObjectNode test, JobScore score, int examples) {
    if (score instanceof JobScore.Boxes boxes) {
      test.put("examples", boxes.boxes().count());
      BoxAnswer.put(test, boxes.boxes());
    } else if (score instanceof JobScore.Found) { // its evaluation is of the head that was cut off
      test.put("examples", examples);
    } else {
      put(test, score.evaluation());
    }
    if (!(score instanceof JobScore.Boxes)) {
      put(test, score.metric(), score.value());
    }
  }

  private static void put(ObjectNode node, Evaluation score) {
    node.put("examples", score.count());
    put(node, "loss", score.loss());
    score.metrics().forEach((name, value) -> put(node, name, value));
    score
        .perLabel()
        .forEach(
            (head, scores) -> {
              boolean only = score.perLabel().size() == 1;
              ObjectNode labels =
                  only ? node.putObject("labels") : node.withObject("/labels").putObject(head);
              for (LabelScore label : scores) {
                ObjectNode each = labels.putObject(label.label()).put("examples", label.count());
                label.metrics().forEach((name, value) -> put(each, name, value));
              }
            });
  }

  /** JSON has no other numbers than finite ones. */
  private static void put(ObjectNode node, String name, double value) {
    if (Double.isFinite(value)) {
      node.put(name, value);
    } else {
      node.putNull(name);
    }
  }

  /** The object for rates that were tried. */
  static String of(RateCurve curve) throws JsonProcessingException {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("ofHeads", curve.ofHeads());
    curve
        .suggestion()
        .ifPresentOrElse(rate -> node.put("suggestion", rate), () -> node.putNull("suggestion"));
    var points = node.putArray("points");
    for (RateCurve.Point point : curve.points()) {
      put(points.addObject().put("rate", point.rate()), "loss", point.loss());
    }
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(node);
  }
}
