package dev.graft.trainer.metric;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import dev.graft.error.Internal;
import dev.graft.model.Labels;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * How a model did on one label.
 *
 * @param label which
 * @param count how many examples have it
 * @param given how many examples were given it
 * @param correct how many of these have it
 */
public record LabelScore(String label, int count, int given, int correct) {

  /** What it comes to, by name. */
  static final ImmutableMap<String, ToDoubleFunction<LabelScore>> METRICS =
      ImmutableMap.of(
          "precision", LabelScore::precision, "recall", LabelScore::recall, "f1", LabelScore::f1);

  /** Returns that of the label of this number, from the sums of {@link LabelMarks}. */
  static LabelScore of(String label, int number, List<double[]> sums) {
    return new LabelScore(
        label, (int) sums.get(2)[number], (int) sums.get(1)[number], (int) sums.get(0)[number]);
  }

  /** Returns those of all labels, from the sums of {@link LabelMarks}. */
  @Internal
  public static List<LabelScore> of(Labels labels, List<double[]> sums) {
    ImmutableList.Builder<LabelScore> scores = ImmutableList.builder();
    for (int i = 0; i < labels.size(); i++) {
      scores.add(of(labels.names().get(i), i, sums));
    }
    return scores.build();
  }

  /** Of the examples that were given the label, the share that has it; 0 if none was given it. */
  public double precision() {
    return given == 0 ? 0 : (double) correct / given;
  }

  /** Of the examples that have the label, the share that was given it; 0 if none has it. */
  public double recall() {
    return count == 0 ? 0 : (double) correct / count;
  }

  /** The harmonic mean of precision and recall. */
  public double f1() {
    return count + given == 0 ? 0 : 2.0 * correct / (count + given);
  }

  /** All of these by their names: {@code precision}, {@code recall} and {@code f1}. */
  public Map<String, Double> metrics() {
    return ImmutableMap.copyOf(Maps.transformValues(METRICS, each -> each.applyAsDouble(this)));
  }
}
