package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableMap;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.metric.Evaluation;

/**
 * The best weights of a loop so far, by one metric.
 *
 * @param metric its name
 * @param score its value there, that before the first step among them; NaN where that counts for
 *     nothing
 * @param ofEpochs the best value of the epochs alone, NaN before the first is over
 * @param since how many epochs ago the best was
 * @param weights the values of the variables there, by name; none before the first score
 */
record Best(
    String metric,
    double score,
    double ofEpochs,
    int since,
    ImmutableMap<String, TensorValue> weights) {

  /** Nothing yet. */
  static Best none(String metric) {
    return new Best(metric, Double.NaN, Double.NaN, 0, ImmutableMap.of());
  }

  /** Whether there are no weights yet. */
  boolean isNone() {
    return weights.isEmpty();
  }

  /**
   * Returns what is best at the start.
   *
   * @param counts whether it is anything to beat: no chance hit of a random head is
   */
  Best start(Evaluation first, boolean counts, ImmutableMap<String, TensorValue> now) {
    return new Best(metric, counts ? first.metric(metric) : Double.NaN, ofEpochs, 0, now);
  }

  /** Whether the weights of an epoch are better than these. */
  boolean isBeatenBy(Evaluation epoch) {
    return epoch.isBetter(metric, epoch.metric(metric), score);
  }

  /** Returns what is best after an epoch that was not better. */
  Best passed(Evaluation epoch) {
    return new Best(metric, score, better(epoch), since + 1, weights);
  }

  /** Returns what is best after an epoch that was better. */
  Best beaten(Evaluation epoch, ImmutableMap<String, TensorValue> now) {
    return new Best(metric, epoch.metric(metric), better(epoch), 0, now);
  }

  private double better(Evaluation epoch) {
    double own = epoch.metric(metric);
    return epoch.isBetter(metric, own, ofEpochs) ? own : ofEpochs;
  }
}
