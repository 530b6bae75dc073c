package dev.graft.answer;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a model says of one example for which any number of labels may hold.
 *
 * @param scores how likely each label holds, 0 to 1, in the order of the model's outputs
 */
public record LabelSet(Map<String, Float> scores) implements Answer {

  private static final double USUAL = 0.5;

  public LabelSet {
    scores = Collections.unmodifiableMap(new LinkedHashMap<>(scores));
  }

  /** The labels that rather hold than not, the surest first. */
  public List<Prediction.Score> holding() {
    return holding(USUAL);
  }

  /** The labels with this score at least, the surest first. */
  public List<Prediction.Score> holding(double threshold) {
    return new Prediction(scores)
        .top(scores.size()).stream().filter(each -> each.score() >= threshold).toList();
  }
}
