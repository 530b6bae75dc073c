package dev.graft;

import dev.graft.error.GraftException;
import java.util.Optional;

/**
 * What became of one picture of several: an answer, or why there is none.
 *
 * @param answer the answer
 * @param failure why there is none
 */
public record Outcome(Optional<Answer> answer, Optional<GraftException> failure) {

  static Outcome of(Answer answer) {
    return new Outcome(Optional.of(answer), Optional.empty());
  }

  static Outcome failed(GraftException failure) {
    return new Outcome(Optional.empty(), Optional.of(failure));
  }
}
