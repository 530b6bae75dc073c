package dev.graft.answer;

import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a classifier says of one example.
 *
 * @param scores the score of each label, in the order of the model's outputs
 */
public record Prediction(Map<String, Float> scores) implements Answer {

  public Prediction {
    scores = Collections.unmodifiableMap(new LinkedHashMap<>(scores));
  }

  /**
   * One label with its score.
   *
   * @param label the label
   * @param score its score, 0 to 1
   */
  public record Score(String label, float score) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%s %.3f", label, score);
    }
  }

  /** The {@code count} labels with the highest scores, best first; what is no number comes last. */
  public List<Score> top(int count) {
    return scores.entrySet().stream()
        .sorted(Comparator.comparing((Map.Entry<String, Float> entry) -> -rank(entry.getValue())))
        .limit(Math.max(0, count))
        .map(entry -> new Score(entry.getKey(), entry.getValue()))
        .toList();
  }

  private static float rank(float score) {
    return Float.isNaN(score) ? Float.NEGATIVE_INFINITY : score;
  }

  /** The label with the highest score. */
  public String label() {
    return top(1).get(0).label();
  }

  /** The highest score. */
  public float score() {
    return top(1).get(0).score();
  }
}
