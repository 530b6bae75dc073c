package dev.graft.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.Uninterruptibles;
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
import java.util.concurrent.LinkedBlockingQueue;
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
            (examples, onCall) -> {
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

  /** As where eight come together that are of eight lengths: each takes a call of its own. */
  @Test
  void aRunOfManyCallsTakesAsLongAsItTakes() throws Exception {
    List<ServingEvent> heard = new CopyOnWriteArrayList<>();
    try (Batches batches =
        new Batches(
            options(Duration.ofMillis(100)), // and a second's grace
            (examples, onCall) -> {
              for (int i = 0; i < 6; i++) {
                onCall.run();
                Uninterruptibles.sleepUninterruptibly(Duration.ofMillis(300));
              }
              return answer(examples);
            },
            heard::add)) {
      CompletableFuture<Outcome> first = submit(batches);
      CompletableFuture<Outcome> behind = submit(batches);
      assertThat(first.get(20, TimeUnit.SECONDS)).isSameAs(OUTCOME);
      assertThat(behind.get(20, TimeUnit.SECONDS)).isSameAs(OUTCOME);
      assertThat(batches.lastError()).isEmpty();
      assertThat(heard)
          .hasSize(2)
          .allMatch(event -> event instanceof ServingEvent.Answered some && some.failed() == 0);
    }
  }

  /** A request is failed, or asked about, and not both. */
  @Test
  void whatAnotherThreadTakesIsNotTaken() {
    LinkedBlockingQueue<String> queue = new LinkedBlockingQueue<>(List.of("a", "b", "c"));
    assertThat(Batches.taken(queue, each -> !each.equals("a") || each.equals(queue.poll())))
        .containsExactly("b", "c");
    assertThat(queue).isEmpty();
  }

  /** A training in the same process yields to it from the first moment on. */
  @Test
  void whileOthersAreWaitedForItIsBusy() throws Exception {
    ServingOptions patient =
        options(Duration.ZERO).batches(3, Duration.ofSeconds(2)); // where the last ones were two
    CountDownLatch start = new CountDownLatch(1);
    try (Batches batches =
        new Batches(
            patient,
            (examples, onCall) -> {
              awaitQuietly(start);
              return answer(examples);
            },
            event -> {})) {
      CompletableFuture<Outcome> first = submit(batches);
      while (batches.waiting() > 0) { // it is alone
        Thread.sleep(1);
      }
      CompletableFuture<Outcome> second = submit(batches);
      CompletableFuture<Outcome> third = submit(batches);
      start.countDown();
      CompletableFuture.allOf(first, second, third).get(20, TimeUnit.SECONDS);
      CompletableFuture<Outcome> last = submit(batches);
      Thread.sleep(300);
      assertThat(batches.waiting()).isZero();
      assertThat(last).isNotDone();
      assertThat(batches.isBusy()).isTrue();
      assertThat(last.get(20, TimeUnit.SECONDS)).isSameAs(OUTCOME);
    }
  }

  /** A service that has to end does. */
  @Test
  void closingGivesUpWhatHangs() {
    CountDownLatch end = new CountDownLatch(1);
    Batches batches =
        new Batches(
            options(Duration.ofMillis(100)),
            (examples, onCall) -> {
              awaitQuietly(end);
              return answer(examples);
            },
            event -> {});
    CompletableFuture<Outcome> first = submit(batches);
    CompletableFuture<Outcome> behind = submit(batches);
    batches.close();
    assertThat(first).failsWithin(Duration.ofSeconds(20)); // told by another thread
    assertThat(behind).failsWithin(Duration.ofSeconds(20)); // told by another thread
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
            (examples, onCall) -> answer(examples),
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
            (examples, onCall) -> {
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
