package dev.graft.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.Trust;
import dev.graft.answer.Example;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A version that takes for ever to open holds up nobody who wants to go. */
@Timeout(120)
class OpeningTest extends ServedVersions {

  @Test
  void closingDoesNotWaitForAVersionThatHangs() throws Exception {
    publish(1);
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    AtomicReference<LiveModel> late = new AtomicReference<>();
    CurrentVersion current =
        new CurrentVersion(
            new NewestWorking(base, version -> opened(version, reached, end, late)),
            Duration.ofMillis(10),
            heard::add);
    publish(2);
    reached.await();
    CompletableFuture<Void> refreshing = CompletableFuture.runAsync(() -> current.look(true));
    assertThat(current.number()).isEqualTo(1);
    assertThat(current.isOpen()).isTrue();
    current.close();
    refreshing.get(20, TimeUnit.SECONDS);
    assertThat(current.isOpen()).isFalse();
    end.countDown();
    while (late.get() == null || late.get().isOpen()) { // its opener closes it
      Thread.sleep(10);
    }
    assertThat(heard).isEmpty();
  }

  private LiveModel opened(
      Path version, CountDownLatch reached, CountDownLatch end, AtomicReference<LiveModel> late) {
    boolean isFirst = version.endsWith("1");
    if (!isFirst) {
      reached.countDown();
      try {
        end.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    LiveModel model = graft.serve(version, Trust.ALLOW);
    if (!isFirst) {
      late.set(model);
    }
    return model;
  }

  /** A time limit holds for each. */
  @Test
  void eachCallOfTheModelIsTold() throws IOException {
    publish(1);
    AtomicInteger calls = new AtomicInteger();
    Example broken = Example.picture(Arrays.copyOf(photo, photo.length / 2));
    try (LiveModel model = graft.serve(base, Trust.ALLOW)) {
      assertThat(
              model.outcomes(
                  List.of(Example.picture(photo), broken, broken), calls::incrementAndGet))
          .extracting(each -> each.failure().isPresent())
          .containsExactly(false, true, true);
    }
    assertThat(calls).hasValue(4); // together, and one by one
  }

  /** What a page of health says. */
  @Test
  void whetherItIsOpenIsTold() throws IOException {
    publish(1);
    try (Graft other = Graft.open()) {
      Serving serving = Serving.of(other, base, options(), heard::add);
      assertThat(serving.stats().health().isOpen()).isTrue();
      assertThat(serving.stats().health().lastError()).isEmpty();
      assertThat(serving.submit(new byte[] {1})).failsWithin(Duration.ofMinutes(1));
      assertThat(serving.stats().health().lastError()).isEmpty(); // its own fault
      other.close(); // too early
      assertThat(serving.stats().health().isOpen()).isFalse();
      assertThat(serving.ask(Example.picture(photo))).failsWithin(Duration.ofMinutes(1));
      assertThat(serving.stats().health().lastError().orElseThrow().why()).contains("closed");
      serving.close();
      assertThat(serving.stats().health().isOpen()).isFalse();
    }
    publish(2);
    Serving serving = serving(options());
    serving.close();
    assertThat(serving.stats().health().isOpen()).isFalse();
  }
}
