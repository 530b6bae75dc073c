package dev.graft.serving;

import dev.graft.answer.Example;
import dev.graft.answer.Outcome;
import dev.graft.internal.live.RequestRecord;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Somebody who waits.
 *
 * @param form what is wanted of an outcome; may fail instead
 * @param came when, by {@code System.nanoTime}
 */
record Request<T>(
    Example example,
    CompletableFuture<T> answer,
    Function<Outcome, T> form,
    long came,
    RequestRecord recorded) {

  static <T> Request<T> of(Example example, Function<Outcome, T> form) {
    return new Request<>(
        example, new CompletableFuture<>(), form, System.nanoTime(), RequestRecord.begun());
  }

  /**
   * Hands it what was said.
   *
   * @param took how long that run took, in ns
   */
  void tell(Outcome outcome, long took) {
    if (!answer.isDone()) { // nor cancelled
      record(took, outcome.version(), outcome.failure());
    }
    try {
      answer.complete(form.apply(outcome));
    } catch (RuntimeException e) {
      answer.completeExceptionally(e);
    }
  }

  /** Says why it gets no answer. */
  void fail(Throwable why, long took) {
    if (!answer.isDone()) {
      record(took, Optional.of(why));
    }
    answer.completeExceptionally(why);
  }

  void record(long took, Optional<? extends Throwable> failure) {
    record(took, OptionalLong.empty(), failure);
  }

  private void record(long took, OptionalLong version, Optional<? extends Throwable> failure) {
    long waited = System.nanoTime() - came - took;
    recorded.done(Math.max(0, waited), took, version, failure);
  }
}
