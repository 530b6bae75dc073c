package dev.graft.trainer.metric;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.error.BadRequestException;
import dev.graft.model.Labels;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How a model did on examples whose answers are known.
 *
 * @param count how many examples there were
 * @param loss the mean of what training makes small, class weights included, penalties not;
 *     examples count as in training, by their weights, and as there the sum is divided by how many
 *     there are; with several heads their weighted sum
 * @param metrics by name, all examples counting alike: {@code accuracy}, {@code top-5}, {@code
 *     precision}, {@code recall}, {@code f1} (these three means over the labels), {@code kappa},
 *     {@code auc}, {@code mae}, {@code rmse}, {@code r2}; with several heads {@code head/metric},
 *     and {@code head/loss}, in which they count as in the loss
 * @param perLabel how it did on each label, by the names of the heads, for heads that give labels
 * @param classification the answers themselves, if the model has one head and that gives one label
 *     to each example
 * @param smallerIsBetter the names of those metrics of which less is better, beside {@code loss}
 */
public record Evaluation(
    int count,
    double loss,
    Map<String, Double> metrics,
    Map<String, List<LabelScore>> perLabel,
    Optional<Classification> classification,
    Set<String> smallerIsBetter) {
  public Evaluation {
    metrics = ImmutableMap.copyOf(metrics);
    perLabel = ImmutableMap.copyOf(perLabel);
    smallerIsBetter = ImmutableSet.copyOf(smallerIsBetter);
  }

  /**
   * A metric, or {@code loss}.
   *
   * @throws BadRequestException if there is none of that name
   */
  public double metric(String name) {
    if (name.equals("loss")) {
      return loss;
    }
    Double value = metrics.get(name);
    if (value == null) {
      throw noMetric(name, metrics.keySet());
    }
    return value;
  }

  /** What to throw where there is no metric {@code name}. */
  public static BadRequestException noMetric(String name, Set<String> metrics) {
    requireNonNull(name, "name");
    requireNonNull(metrics, "metrics");
    return new BadRequestException(
        "there is no metric '"
            + name
            + (metrics.isEmpty()
                ? "'; there is the loss alone, by which it is decided if no metric is named."
                : "'; there are loss and " + metrics + "."));
  }

  /** Whether this is better than {@code other} by a metric, or by {@code loss}. */
  public boolean isBetter(Evaluation other, String metric) {
    return isBetter(metric, metric(metric), other.metric(metric));
  }

  /**
   * Whether {@code value} of a metric is better than {@code other}: smaller for a loss. Any number
   * is better than NaN.
   */
  public boolean isBetter(String metric, double value, double other) {
    if (Double.isNaN(other)) {
      return !Double.isNaN(value);
    }
    return isSmallerBetter(metric) ? value < other : value > other;
  }

  /** Whether less of a metric is better, as of a loss. */
  public boolean isSmallerBetter(String metric) {
    return metric.equals("loss") || metric.endsWith("/loss") || smallerIsBetter.contains(metric);
  }

  private Classification answers() {
    return classification.orElseThrow(
        () ->
            new BadRequestException(
                "only a model whose one head gives one label has single answers to look at; see"
                    + " the metrics "
                    + metrics.keySet()
                    + "."));
  }

  /** See {@link Classification#labels}. */
  public Labels labels() {
    return answers().labels();
  }

  /** See {@link Classification#actual}. */
  public List<Integer> actual() {
    return answers().actual();
  }

  /** See {@link Classification#predicted}. */
  public List<Integer> predicted() {
    return answers().predicted();
  }

  /** See {@link Classification#correct}. */
  public int correct() {
    return answers().correct();
  }

  /** See {@link Classification#isRight}. */
  public boolean isRight(int i) {
    return answers().isRight(i);
  }

  /** The share that a model with one head got right. */
  public double accuracy() {
    return metric("accuracy");
  }

  /** See {@link Classification#interval}. */
  public Interval interval() {
    return answers().interval();
  }

  /** See {@link Classification#confusion}. */
  public List<List<Integer>> confusion() {
    return answers().confusion();
  }

  /**
   * How a model with one head did on each label, in the order of the labels.
   *
   * @throws BadRequestException if it gives none, or has several heads, see {@link #perLabel}
   */
  public List<LabelScore> perClass() {
    if (perLabel.size() != 1) {
      throw new BadRequestException(
          perLabel.isEmpty()
              ? "the model gives no labels to score; see the metrics " + metrics.keySet() + "."
              : "the model has several heads; take perLabel of one of " + perLabel.keySet() + ".");
    }
    return perLabel.values().iterator().next();
  }

  /**
   * For a person: how many were right, and the metric that decides if that is another; or else all
   * metrics.
   */
  public String words(String deciding) {
    if (classification.isPresent()) {
      String right =
          String.format(
              Locale.ROOT,
              "%d of %d validation examples right (%.3f)",
              correct(),
              count,
              accuracy());
      return deciding.equals("accuracy")
          ? right
          : String.format(Locale.ROOT, "%s, %s %.3f", right, deciding, metric(deciding));
    }
    String others =
        metrics.entrySet().stream()
            .map(each -> String.format(Locale.ROOT, ", %s %.3f", each.getKey(), each.getValue()))
            .collect(joining());
    return String.format(Locale.ROOT, "loss %.3f on %d validation examples%s", loss, count, others);
  }
}
