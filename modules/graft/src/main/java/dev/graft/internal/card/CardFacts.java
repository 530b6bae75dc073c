package dev.graft.internal.card;

import com.google.common.collect.ImmutableList;
import dev.graft.trainer.Recipe;
import java.util.List;
import java.util.Optional;

/**
 * What whoever publishes a model knows of it, beyond the model itself.
 *
 * @param source what sort of data it learned from, in words that name no place
 * @param parts of the data
 * @param training how it learned
 * @param scores on its parts
 */
public record CardFacts(
    String source, List<PartFacts> parts, Optional<Training> training, List<ScoreFacts> scores) {

  /**
   * How a model learned.
   *
   * @param recipe what was done
   * @param precision what training multiplied in
   * @param decisions what was decided on the way and why, in sentences
   */
  public record Training(Recipe recipe, String precision, List<String> decisions) {
    public Training {
      decisions = ImmutableList.copyOf(decisions);
    }
  }

  public CardFacts {
    parts = ImmutableList.copyOf(parts);
    scores = ImmutableList.copyOf(scores);
  }

  /** Of who knows scores at most. */
  public static CardFacts scored(List<ScoreFacts> scores) {
    return new CardFacts("", List.of(), Optional.empty(), scores);
  }
}
