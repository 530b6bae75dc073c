package dev.graft.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.job.JobEvent;
import dev.graft.job.JobListener;
import dev.graft.job.JobResult;
import dev.graft.job.JobScore;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.LabelScore;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Tells a job as one object, for a program to read. */
final class JobJson implements JobListener {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final JobListener lines;
  private final long began = System.nanoTime();
  private final Map<String, Double> phases = new LinkedHashMap<>();
  private long last = began;

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
    if (event instanceof JobEvent.TrainingBegun) {
      ended("read");
    } else if (event instanceof JobEvent.Trained trained) {
      last = System.nanoTime();
      trained
          .run()
          .times()
          .forEach(
              (phase, time) ->
                  phases.put(phase.name().toLowerCase(Locale.ROOT), time.toMillis() / 1e3));
    } else if (event instanceof JobEvent.Published || event instanceof JobEvent.PublishedBefore) {
      ended("publish");
    } else if (event instanceof JobEvent.Scored) {
      ended("test");
    } else if (event instanceof JobEvent.Reported) {
      ended("report");
    }
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
    node.putObject("features")
        .put("computed", result.run().features().computed())
        .put("reused", result.run().features().reused());
    put(node.putObject("validation"), result.run().validation());
    test(node.putObject("test"), result);
    ObjectNode seconds = node.putObject("phases");
    phases.forEach(seconds::put);
    seconds.put("total", (System.nanoTime() - began) / 1e9);
    var decisions = node.putArray("decisions");
    result.run().decisions().forEach(decisions::add);
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(node);
  }

  private static void test(ObjectNode test, JobResult result) {
    JobScore score = result.score();
    if (score instanceof JobScore.Found) { // its evaluation is of the head that was cut off
      test.put("examples", result.parts().test().size());
    } else {
      put(test, score.evaluation());
    }
    test.put(score.metric(), score.value());
  }

  private static void put(ObjectNode node, Evaluation score) {
    node.put("examples", score.count());
    node.put("loss", score.loss());
    score.metrics().forEach(node::put);
    if (!score.perLabel().isEmpty()) {
      ObjectNode labels = node.putObject("labels");
      for (LabelScore label : score.perClass()) {
        labels
            .putObject(label.label())
            .put("examples", label.count())
            .put("precision", label.precision())
            .put("recall", label.recall())
            .put("f1", label.f1());
      }
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
      points.addObject().put("rate", point.rate()).put("loss", point.loss());
    }
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(node);
  }
}
