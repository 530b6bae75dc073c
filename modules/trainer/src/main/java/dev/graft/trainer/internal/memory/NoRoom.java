package dev.graft.trainer.internal.memory;

import dev.graft.error.ExhaustedException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.words.Remedy;
import java.util.function.IntConsumer;

/** What is said where so many examples do not fit in memory at once. */
public final class NoRoom {

  private static final int MOST_REFUSED = 3; // half a minute

  private NoRoom() {}

  /**
   * Says it in a sentence, with how many do fit, if that can be found.
   *
   * @param examples how many did not fit
   * @param run computes with fewer; what comes of it does not count
   */
  public static ExhaustedException of(
      ExhaustedException cause, TensorFlowRuntime runtime, int examples, IntConsumer run) {
    BatchSearch found = BatchSearch.below(examples, MOST_REFUSED, MemoryForecast.on(runtime), run);
    return new ExhaustedException(
        "there is not enough memory for "
            + (examples == 1 ? "a single example" : examples + " examples at once")
            + words(found)
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

  private static String words(BatchSearch found) {
    boolean mayMore = found.unfit() - found.batch() > 1;
    return found.batch() == 0 ? "" : ", but for " + (mayMore ? "at least " : "") + found.batch();
  }
}
