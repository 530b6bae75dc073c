package dev.graft.answer;

import dev.graft.error.GraftException;
import dev.graft.error.Internal;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What became of one example of several: an answer, or why there is none.
 *
 * @param answer the answer
 * @param failure why there is none
 * @param version the version that said so, if its folder is called by a number
 */
public record Outcome(
    Optional<Answer> answer, Optional<GraftException> failure, OptionalLong version) {

  /** An answer. */
  @Internal
  public static Outcome of(Answer answer) {
    return new Outcome(Optional.of(answer), Optional.empty(), OptionalLong.empty());
  }

  /** Why there is none. */
  @Internal
  public static Outcome failed(GraftException failure) {
    return new Outcome(Optional.empty(), Optional.of(failure), OptionalLong.empty());
  }

  /** This as said by {@code version}. */
  @Internal
  public Outcome by(OptionalLong version) {
    return new Outcome(answer, failure, version);
  }

  /**
   * The answer.
   *
   * @throws GraftException if there is none, as the failure
   */
  public Answer orElseThrow() {
    return answer.orElseThrow(failure::orElseThrow);
  }
}
