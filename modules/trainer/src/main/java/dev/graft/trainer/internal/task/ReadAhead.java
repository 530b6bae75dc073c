package dev.graft.trainer.internal.task;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.data.Inputs;
import dev.graft.savedmodel.file.Interrupts;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Reads the next batch while a step runs. Not for the reading alone: in the gap that it makes
 * between two runs TensorFlow's threads fall asleep, and waking them takes longer still.
 */
public final class ReadAhead implements AutoCloseable {

  private final Dataset data;
  private final ExecutorService thread = // begins with the first batch read ahead
      Executors.newSingleThreadExecutor(
          new ThreadFactoryBuilder().setNameFormat("graft-read-ahead").setDaemon(true).build());
  private int[] examples = {};
  private Inputs spent = Inputs.none(); // whose step is over
  private Future<Batch> batch = Futures.immediateCancelledFuture(); // of these examples

  public ReadAhead(Dataset data) {
    this.data = data;
  }

  /**
   * The batch of {@code now}, read here unless it was read ahead; begins to read {@code next}, if
   * there is one. Ends the life of the batch taken before.
   */
  public Batch take(int[] now, int[] next) {
    Batch taken = Arrays.equals(now, examples) ? Interrupts.result(batch) : data.batch(now);
    Inputs memory = spent;
    spent = taken.inputs();
    examples = next;
    batch =
        next.length == 0
            ? Futures.immediateCancelledFuture()
            : thread.submit(() -> data.batch(next, memory));
    return taken;
  }

  /** Waits until nothing is read any more. May be called again. */
  @Override
  public void close() {
    thread.shutdown();
    var unused = Uninterruptibles.awaitTerminationUninterruptibly(thread, Duration.ofMinutes(1));
  }
}
