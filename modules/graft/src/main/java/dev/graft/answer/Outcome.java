package dev.graft.answer;

import dev.graft.error.GraftException;
import dev.graft.error.Internal;
import java.util.Optional;

/**
 * What became of one example of several: an answer, or why there is none.
 *
 * @param answer the answer
 * @param failure why there is none
 */
public record Outcome(Optional<Answer> answer, Optional<GraftException> failure) {

  /** An answer. */
  @Internal
  public static Outcome of(Answer answer) {
    return new Outcome(Optional.of(answer), Optional.empty());
  }

  /** Why there is none. */
  @Internal
  public static Outcome failed(GraftException failure) {
    return new Outcome(Optional.empty(), Optional.of(failure));
  }
}
