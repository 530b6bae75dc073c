package dev.graft.trainer.internal.memory;

import dev.graft.error.ExhaustedException;
import dev.graft.error.GraftException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.words.Remedy;
import java.util.function.IntConsumer;

/** What is said where so many examples do not fit in memory at once. */
public final class NoRoom {

  private NoRoom() {}

  /**
   * Says it in a sentence, with how many do fit, if that can be found.
   *
   * @param examples how many did not fit
   * @param run computes with fewer; what comes of it does not count
   */
  public static ExhaustedException of(
      ExhaustedException cause, TensorFlowRuntime runtime, int examples, IntConsumer run) {
    int fit = fitting(runtime, examples, run);
    return new ExhaustedException(
        "there is not enough memory for "
            + (examples == 1 ? "a single example" : examples + " examples at once")
            + (fit > 0 ? ", but for " + fit : "")
            + ": "
            + cause.getMessage()
            + ". Smaller pictures take less, and training takes less in smaller batches (or in"
            + " micro-batches, which learn the same); the CPU may have more.",
        cause,
        Remedy.SMALLER_PICTURES,
        Remedy.SMALLER_BATCH,
        Remedy.MICRO_BATCH,
        Remedy.CPU);
  }

  /**
   * The largest power of two that fits. From one on, since on the CPU too many would not be refused
   * but end the process; and no closer, since TensorFlow waits ten seconds before it refuses.
   */
  private static int fitting(TensorFlowRuntime runtime, int examples, IntConsumer run) {
    int fit = 0;
    try {
      MemoryForecast forecast = MemoryForecast.on(runtime);
      for (int next = 1; next < examples && forecast.against(next).isEmpty(); next *= 2) {
        int some = next;
        forecast.note(some, () -> run.accept(some));
        fit = some;
      }
    } catch (GraftException e) {
      return fit; // as many are too many, or fail for another reason
    }
    return fit;
  }
}
