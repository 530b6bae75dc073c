package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingListener;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Another thread holds training, lets it go on, and ends it. */
@Timeout(120)
class CancellationTokenTest {

  private static final Recipe LONG = SmallTraining.recipe(100_000);

  @Test
  void givesWayToOthersForASecondAUnit() throws Exception {
    AtomicBoolean busy = new AtomicBoolean(true);
    AtomicLong asked = new AtomicLong();
    CancellationToken control =
        new CancellationToken()
            .yieldTo(
                () -> {
                  asked.incrementAndGet();
                  return busy.get();
                });
    long begin = System.nanoTime();
    CompletableFuture<Void> unit = CompletableFuture.runAsync(control::check);
    while (asked.get() < 3) {
      Thread.sleep(1);
    }
    assertThat(unit).isNotDone();
    busy.set(false);
    unit.get(10, TimeUnit.SECONDS);
    busy.set(true);
    control.check(); // nobody is kept for ever
    assertThat(System.nanoTime() - begin).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(900));
    CompletableFuture<Void> last = CompletableFuture.runAsync(control::check);
    control.pause(); // while it gives way
    assertThatThrownBy(() -> last.get(1500, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    control.cancel();
    assertThatThrownBy(() -> last.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(CancellationException.class);
  }

  @Test
  void pausesGoesOnAndCancels() throws Exception {
    CancellationToken control = new CancellationToken();
    AtomicLong steps = new AtomicLong();
    CountDownLatch begun = new CountDownLatch(5);
    TrainingListener counter =
        TrainingListener.to(
            Step.class,
            step -> {
              steps.incrementAndGet();
              begun.countDown();
            });
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      CompletableFuture<Run> training =
          CompletableFuture.supplyAsync(
              () ->
                  Trainer.fit(
                      runtime,
                      SmallTraining.MODEL,
                      SmallTraining.BLOCKS,
                      SmallTraining.parts(),
                      TrainOptions.by(LONG).cancellation(control).listener(counter)));
      assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
      control.pause();
      long held = settled(steps);
      Thread.sleep(200);
      assertThat(steps.get()).isEqualTo(held);
      control.resume();
      while (steps.get() == held) {
        Thread.sleep(10);
      }
      control.cancel();
      assertThatThrownBy(training::get)
          .isInstanceOfAny(ExecutionException.class, CancellationException.class)
          .rootCause()
          .isInstanceOf(CancellationException.class);
    }
  }

  /** The count once it has not changed for a while: the step under way is over. */
  private static long settled(AtomicLong steps) throws InterruptedException {
    long before = -1;
    while (before != steps.get()) {
      before = steps.get();
      Thread.sleep(300);
    }
    return before;
  }
}
