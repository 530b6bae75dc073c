package dev.graft.trainer.internal.memory;

import dev.graft.error.ExhaustedException;
import dev.graft.error.GraftException;
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
    Fit fit = fitting(runtime, examples, run);
    return new ExhaustedException(
        "there is not enough memory for "
            + (examples == 1 ? "a single example" : examples + " examples at once")
            + fit.words()
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
   * What is known.
   *
   * @param most the largest number that fits, 0 if none was found
   * @param unfit the smallest that does not
   */
  private record Fit(int most, int unfit) {

    String words() {
      return most == 0 ? "" : ", but for " + (unfit - most > 1 ? "at least " : "") + most;
    }
  }

  /**
   * Twice as many each time, from one on, since on the CPU too many would not be refused but end
   * the process; then halfway, a few times only, since TensorFlow waits ten seconds before it
   * refuses.
   */
  private static Fit fitting(TensorFlowRuntime runtime, int examples, IntConsumer run) {
    MemoryForecast forecast = MemoryForecast.on(runtime);
    int fit = 0;
    int unfit = examples;
    int refused = 0;
    try {
      for (int next = 1; next < unfit && refused < MOST_REFUSED; next = next(fit, unfit)) {
        if (fits(next, forecast, run)) {
          fit = next;
        } else {
          unfit = next;
          refused++;
        }
      }
    } catch (GraftException e) {
      return new Fit(fit, unfit); // it fails for another reason
    }
    return new Fit(fit, unfit);
  }

  /** The next one to be tried; {@code unfit} if there is none. */
  private static int next(int fit, int unfit) {
    if (fit == 0) {
      return unfit;
    }
    int step = fit < BatchSearch.FINE ? 1 : BatchSearch.STEP;
    int halfway = fit + (unfit - fit) / 2 / step * step;
    return unfit - fit <= step ? unfit : Math.min(2 * fit, Math.max(halfway, fit + step));
  }

  private static boolean fits(int examples, MemoryForecast forecast, IntConsumer run) {
    if (forecast.against(examples).isPresent()) {
      return false;
    }
    try {
      forecast.note(examples, () -> run.accept(examples));
      return true;
    } catch (ExhaustedException e) {
      return false;
    }
  }
}
