package dev.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class InUseTest {

  /** Cancelling what hangs may let it come back at once, and the last one frees. */
  @Test
  void whoCancelsHoldsItMeanwhile() throws InterruptedException {
    AtomicInteger freed = new AtomicInteger();
    InUse use = new InUse("x", freed::incrementAndGet);
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    Thread call =
        new Thread(
            () ->
                use.during(
                    () -> {
                      running.countDown();
                      Uninterruptibles.awaitUninterruptibly(cancelled);
                      return 0;
                    }));
    call.start();
    running.await();
    use.close();
    assertThat(use.awaitFreed(Duration.ZERO)).isFalse();
    use.unlessFreed(
        () -> {
          cancelled.countDown();
          Uninterruptibles.joinUninterruptibly(call);
          assertThat(freed).as("while the cancelling call uses it").hasValue(0);
        });
    assertThat(freed).hasValue(1);
    assertThat(use.awaitFreed(Duration.ZERO)).isTrue();
    use.unlessFreed(() -> freed.set(7));
    assertThat(freed).as("left alone from then on").hasValue(1);
  }

  @Test
  void whatCannotBeFreedIsNotFreedAgain() {
    AtomicInteger tries = new AtomicInteger();
    InUse use =
        new InUse(
            "x",
            () -> {
              tries.incrementAndGet();
              throw new IllegalStateException("injected");
            });
    assertThatThrownBy(use::close).hasMessage("injected");
    use.close();
    assertThat(tries).hasValue(1);
  }
}
