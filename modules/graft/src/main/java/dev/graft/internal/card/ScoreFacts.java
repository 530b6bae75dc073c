package dev.graft.internal.card;

import com.google.common.collect.ImmutableList;
import dev.graft.trainer.boxes.BoxEvaluation;
import dev.graft.trainer.boxes.LabelPrecision;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.Interval;
import dev.graft.trainer.metric.LabelScore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a version did on some examples.
 *
 * @param part which
 * @param examples how many
 * @param metrics what was measured, of all of them first, then of each label
 */
public record ScoreFacts(String part, int examples, List<Metric> metrics) {

  /**
   * One figure.
   *
   * @param name as {@code scores.json} calls it, without the label
   * @param label of which label; empty for all
   * @param value what it came to
   * @param interval where it lies with 95% confidence, if it is a share of examples
   * @param count of how many examples, or boxes, it is
   */
  public record Metric(
      String name, String label, double value, Optional<Interval> interval, int count) {}

  private static final String ACCURACY = "accuracy";

  public ScoreFacts {
    metrics =
        metrics.stream()
            .filter(metric -> Double.isFinite(metric.value())) // which JSON does not have
            .collect(ImmutableList.toImmutableList());
  }

  /** Those of a score. */
  public static ScoreFacts of(String part, Evaluation score) {
    List<Metric> all = new ArrayList<>();
    all.add(new Metric("loss", "", score.loss(), Optional.empty(), score.count()));
    score
        .metrics()
        .forEach(
            (name, value) ->
                all.add(new Metric(name, "", value, interval(name, score), score.count())));
    boolean single = score.perLabel().size() == 1;
    score
        .perLabel()
        .forEach((head, labels) -> labels.forEach(l -> label(single ? "" : head + "/", l, all)));
    if (Double.isNaN(score.loss())) { // its answers are no numbers either
      all.clear();
    }
    return new ScoreFacts(part, score.count(), all);
  }

  /** Of what is right or wrong for each example once; a mean over labels is no such share. */
  private static Optional<Interval> interval(String name, Evaluation score) {
    int slash = name.lastIndexOf('/');
    if (!name.substring(slash + 1).equals(ACCURACY)) {
      return Optional.empty();
    }
    List<LabelScore> labels =
        slash < 0 && score.perLabel().size() == 1
            ? score.perLabel().values().iterator().next()
            : score.perLabel().getOrDefault(name.substring(0, Math.max(0, slash)), List.of());
    int given = labels.stream().mapToInt(LabelScore::count).sum();
    int right = labels.stream().mapToInt(LabelScore::correct).sum();
    boolean isShare = // of examples with several labels, or several positions, it is another
        given == score.count() && Math.abs((double) right / given - score.metric(name)) < 1e-6;
    return isShare ? Optional.of(Interval.wilson(right, given)) : Optional.empty();
  }

  private static void label(String prefix, LabelScore label, List<Metric> into) {
    into.add(
        new Metric(
            prefix + "precision",
            label.label(),
            label.precision(),
            share(label.correct(), label.given()),
            label.given()));
    into.add(
        new Metric(
            prefix + "recall",
            label.label(),
            label.recall(),
            share(label.correct(), label.count()),
            label.count()));
    into.add(new Metric(prefix + "f1", label.label(), label.f1(), Optional.empty(), label.count()));
  }

  private static Optional<Interval> share(int right, int all) {
    return all == 0 ? Optional.empty() : Optional.of(Interval.wilson(right, all));
  }

  /** Those of boxes: average precision is no share of examples, so there are no intervals. */
  public static ScoreFacts of(String part, BoxEvaluation score) {
    List<Metric> all = new ArrayList<>();
    put(score.metrics(), "", score.count(), all);
    for (LabelPrecision label : score.labels()) {
      put(label.metrics(), label.label(), label.count(), all);
    }
    return new ScoreFacts(part, score.count(), all);
  }

  private static void put(Map<String, Double> metrics, String label, int count, List<Metric> into) {
    metrics.forEach(
        (name, value) -> {
          if (value != BoxEvaluation.NOTHING) {
            into.add(new Metric(name, label, value, Optional.empty(), count));
          }
        });
  }

  /** Those of a search in which so many of {@code examples} found one of their own label. */
  public static ScoreFacts found(String part, int right, int examples) {
    return new ScoreFacts(
        part,
        examples,
        List.of(
            new Metric(ACCURACY, "", (double) right / examples, share(right, examples), examples)));
  }
}
