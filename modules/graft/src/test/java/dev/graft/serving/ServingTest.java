package dev.graft.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.answer.Answer;
import dev.graft.answer.Example;
import dev.graft.answer.Outcome;
import dev.graft.error.BadDataException;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.error.ClosedException;
import dev.graft.error.GraftException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many clients, one folder of versions that changes under them. */
@Tag("slow")
class ServingTest extends ServedVersions {

  private static final int CLIENTS = 8;

  @Test
  void versionsChangeWithoutAnAnswerLost() throws Exception {
    publish(1);
    AtomicBoolean over = new AtomicBoolean();
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try (Serving serving = serving(options())) {
      List<Future<List<Integer>>> all = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        all.add(clients.submit(() -> askUntil(over, serving)));
      }
      for (int number = 2; number <= 6; number++) {
        publish(number);
        await(serving, number);
        if (number > 2) {
          remove(number - 2);
        }
      }
      over.set(true);
      for (Future<List<Integer>> each : all) {
        List<Integer> versions = each.get();
        assertThat(versions).hasSizeGreaterThan(10).isSorted(); // never back to an older one
        assertThat(new TreeSet<>(versions).last()).isEqualTo(6);
      }
      ServingStats stats = serving.stats();
      assertThat(stats.version()).isEqualTo(6);
      assertThat(stats.pictures().failed()).isZero();
      assertThat(stats.batches()).isLessThan(stats.pictures().answered()); // several in a run
    } finally {
      clients.shutdownNow();
    }
    assertThat(heard).contains(new ServingEvent.Swapped(1, 2), new ServingEvent.Swapped(5, 6));
  }

  private static List<Integer> askUntil(AtomicBoolean over, Serving serving) {
    List<Integer> versions = new ArrayList<>();
    while (!over.get()) {
      versions.add(version(serving.answer(photo)));
    }
    versions.add(version(serving.answer(photo)));
    return versions;
  }

  private static void await(Serving serving, long number) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (serving.version() != number) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(20);
    }
  }

  /** Who wants to know it is told by which version, whatever answers when it looks. */
  @Test
  void anOutcomeSaysWhichVersionGaveIt() throws Exception {
    publish(1);
    AtomicBoolean over = new AtomicBoolean();
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try (Serving serving = serving(options())) {
      List<Future<Set<Long>>> all = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        all.add(clients.submit(() -> checkedUntil(over, serving)));
      }
      for (int number = 2; number <= 6; number++) {
        publish(number);
        await(serving, number);
      }
      over.set(true);
      for (Future<Set<Long>> each : all) {
        assertThat(each.get()).contains(6L).hasSizeGreaterThan(2);
      }
      Outcome failed = serving.ask(Example.picture(new byte[] {1, 2, 3})).get();
      assertThat(failed.version()).hasValue(6);
      assertThat(failed.failure()).containsInstanceOf(BadDataException.class);
      assertThatThrownBy(failed::orElseThrow).isSameAs(failed.failure().orElseThrow());
    } finally {
      clients.shutdownNow();
    }
  }

  /** The versions that said that they answered; their answers say the same. */
  private static Set<Long> checkedUntil(AtomicBoolean over, Serving serving) throws Exception {
    Set<Long> versions = new TreeSet<>();
    boolean isLast;
    do {
      isLast = over.get();
      Outcome outcome = serving.ask(Example.picture(photo)).get();
      assertThat(outcome.version()).hasValue(version(outcome.orElseThrow()));
      versions.add(outcome.version().orElseThrow());
    } while (!isLast);
    return versions;
  }

  @Test
  void aFolderWithoutVersionsIsRefused() {
    assertThatThrownBy(() -> serving(options()))
        .isInstanceOf(BadModelException.class)
        .hasMessageContaining("no numbered version");
  }

  @Test
  void aBadPictureFailsAlone() throws Exception {
    publish(1);
    byte[] cut = Arrays.copyOf(photo, 2000);
    try (Serving serving = serving(options().batches(8, Duration.ofMillis(20)))) {
      List<CompletableFuture<Answer>> all = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        all.add(serving.submit(i == 5 ? cut : i == 9 ? new byte[] {1, 2, 3} : photo));
      }
      Answer good = all.get(0).get();
      for (int i = 0; i < all.size(); i++) {
        CompletableFuture<Answer> each = all.get(i);
        if (i == 5 || i == 9) {
          assertThatThrownBy(each::get)
              .isInstanceOf(ExecutionException.class)
              .hasCauseInstanceOf(BadDataException.class);
        } else {
          assertThat(each.get()).isEqualTo(good);
        }
      }
      assertThatThrownBy(() -> serving.answer(cut)).isInstanceOf(BadDataException.class);
      assertThat(serving.stats().pictures().failed()).isEqualTo(3);
    }
  }

  @Test
  void whatIsTooMuchIsRefused() throws IOException {
    publish(1);
    try (Serving serving = serving(options().batches(1, Duration.ZERO).waiting(2))) {
      List<CompletableFuture<Answer>> taken = new ArrayList<>();
      int refused = 0;
      for (int i = 0; i < 50; i++) {
        try {
          taken.add(serving.submit(photo));
        } catch (OverloadException e) {
          refused++;
        }
      }
      taken.forEach(each -> assertThat(version(each.join())).isEqualTo(1));
      assertThat(refused).isPositive();
      assertThat(serving.stats().pictures().refused()).isEqualTo(refused);
      assertThat(heard).contains(new ServingEvent.Refused());
    }
  }

  @Test
  void whoWaitsHearsThatItIsClosed() throws IOException {
    publish(1);
    Serving serving = serving(options().batches(1, Duration.ZERO));
    List<CompletableFuture<Answer>> all =
        IntStream.range(0, 100).mapToObj(i -> serving.submit(photo)).toList();
    serving.close();
    for (CompletableFuture<Answer> each : all) {
      assertThat(each).isDone();
    }
    assertThatThrownBy(() -> all.get(99).get()).hasCauseInstanceOf(ClosedException.class);
    assertThatThrownBy(() -> serving.answer(photo)).isInstanceOf(GraftException.class);
    serving.close(); // twice is no mistake
  }

  /** What hangs on an answer is not done by the thread that answers. */
  @Test
  void anAnswerMayAskForAnother() throws Exception {
    publish(1);
    try (Serving serving = serving(options())) {
      CompletableFuture<Answer> second =
          serving.submit(photo).thenApply(first -> serving.answer(photo));
      assertThat(version(second.get(60, TimeUnit.SECONDS))).isEqualTo(1);
    }
  }

  @Test
  void aListenerMayFailInAnyWay() throws IOException {
    publish(1);
    ServingListener failing =
        event -> {
          throw new AssertionError("on purpose");
        };
    try (Serving serving = Serving.of(graft, base, options(), failing)) {
      assertThat(version(serving.answer(photo))).isEqualTo(1);
      assertThat(version(serving.answer(photo))).isEqualTo(1);
    }
  }

  @Test
  void timesThatNobodyLivesToSeeAreRefused() {
    assertThatThrownBy(() -> options().poll(Duration.ofSeconds(Long.MAX_VALUE)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("a day");
  }

  @Test
  void aListenerThatFailsHarmsNobody() throws IOException {
    publish(1);
    ServingListener failing =
        event -> {
          throw new IllegalStateException("on purpose");
        };
    try (Serving serving = Serving.of(graft, base, options(), failing)) {
      assertThat(version(serving.answer(photo))).isEqualTo(1);
      assertThat(version(serving.answer(photo))).isEqualTo(1);
    }
  }
}
