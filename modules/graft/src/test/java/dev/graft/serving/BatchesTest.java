package dev.graft.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.ServeOptions;
import dev.graft.answer.Example;
import dev.graft.answer.Numbers;
import dev.graft.answer.Outcome;
import dev.graft.error.ClosedException;
import dev.graft.error.TimeLimitException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whoever waits hears something, whatever becomes of a run. */
@Timeout(60)
class BatchesTest {

  private static final Example EXAMPLE = Example.picture(new byte[] {1});
  private static final Outcome OUTCOME = Outcome.of(new Numbers(List.of(1f)));

  private static ServingOptions options(Duration limit) {
    return ServingOptions.defaults()
        .model(ServeOptions.defaults().timeout(limit))
        .batches(1, Duration.ZERO);
  }

  private static List<Outcome> answer(List<Example> examples) {
    return examples.stream().map(each -> OUTCOME).toList();
  }

  private static CompletableFuture<Outcome> submit(Batches batches) {
    return batches.submit(EXAMPLE, Function.identity());
  }

  /** As an op that TensorFlow cannot cancel. */
  @Test
  void aRunThatDoesNotEndIsGivenUp() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    List<ServingEvent> heard = new CopyOnWriteArrayList<>();
    try (Batches batches =
        new Batches(
            options(Duration.ofMillis(200)),
            examples -> {
              awaitQuietly(end);
              return answer(examples);
            },
            heard::add)) {
      CompletableFuture<Outcome> first = submit(batches);
      CompletableFuture<Outcome> behind = submit(batches);
      for (CompletableFuture<Outcome> each : List.of(first, behind)) {
        assertThat(each)
            .failsWithin(Duration.ofSeconds(20))
            .withThrowableOfType(java.util.concurrent.ExecutionException.class)
            .withCauseInstanceOf(TimeLimitException.class)
            .withMessageContaining("within 0.2 s");
      }
      assertThat(batches.isBusy()).isFalse(); // a training may go on
      assertThat(batches.lastError().orElseThrow().why()).contains("within 0.2 s");
      end.countDown();
      assertThat(submit(batches).get()).isSameAs(OUTCOME); // and all is well
      assertThat(
              heard.stream()
                  .mapToInt(
                      event -> event instanceof ServingEvent.Answered some ? some.failed() : 0)
                  .sum())
          .isEqualTo(2);
    }
  }

  /** A service that has to end does. */
  @Test
  void closingGivesUpWhatHangs() {
    CountDownLatch end = new CountDownLatch(1);
    Batches batches =
        new Batches(
            options(Duration.ofMillis(100)),
            examples -> {
              awaitQuietly(end);
              return answer(examples);
            },
            event -> {});
    CompletableFuture<Outcome> first = submit(batches);
    CompletableFuture<Outcome> behind = submit(batches);
    batches.close();
    assertThat(first).isCompletedExceptionally();
    assertThat(behind).isCompletedExceptionally();
    assertThat(batches.isOpen()).isFalse();
    assertThatThrownBy(() -> submit(batches)).isInstanceOf(ClosedException.class);
    end.countDown();
  }

  /** An error where nobody thinks of one. */
  @Test
  void nobodyWaitsForEverAndTheNextOnesAreAnswered() throws Exception {
    CountDownLatch bad = new CountDownLatch(2);
    try (Batches batches =
        new Batches(
            options(Duration.ZERO),
            BatchesTest::answer,
            event -> {
              if (bad.getCount() > 0) {
                bad.countDown();
                throw new StackOverflowError("on purpose");
              }
            })) {
      for (int i = 0; i < 3; i++) {
        assertThat(submit(batches).get(20, TimeUnit.SECONDS)).isSameAs(OUTCOME);
      }
      assertThat(batches.isOpen()).isTrue();
      assertThat(batches.lastError().orElseThrow().why()).contains("on purpose");
    }
  }

  @Test
  void anErrorOfARunFailsThoseThatAreInIt() {
    try (Batches batches =
        new Batches(
            options(Duration.ZERO),
            examples -> {
              throw new OutOfMemoryError("on purpose");
            },
            event -> {})) {
      for (int i = 0; i < 2; i++) {
        assertThat(submit(batches))
            .failsWithin(Duration.ofSeconds(20))
            .withThrowableOfType(java.util.concurrent.ExecutionException.class)
            .withCauseInstanceOf(OutOfMemoryError.class);
      }
    }
  }

  private static void awaitQuietly(CountDownLatch end) {
    try {
      end.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
