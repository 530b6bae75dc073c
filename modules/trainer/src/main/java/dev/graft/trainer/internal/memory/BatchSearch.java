package dev.graft.trainer.internal.memory;

import dev.graft.error.ExhaustedException;
import dev.graft.error.GraftException;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * The largest number of examples that there is memory for at once, found by trying: twice as many
 * each time, and once that is too many, halfway between. From 16 on it is found to the next eight.
 *
 * @param batch the largest that fits; 0 if not even one does
 * @param unfit the smallest that was found not to fit; 0 if the most fits
 * @param why it does not; empty if the most fits
 */
public record BatchSearch(int batch, int unfit, String why) {

  private static final int FINE = 16; // up to this one by one
  private static final int STEP = 8;

  /**
   * Tries.
   *
   * @param from the first to be tried
   * @param most the largest to be tried
   * @param forecast which may warn of one beforehand
   * @param run computes with so many, or fails with an {@link ExhaustedException}; any other
   *     failure ends the search
   */
  public static BatchSearch of(int from, int most, MemoryForecast forecast, IntConsumer run) {
    Tries tries = new Tries(most, forecast, run);
    for (int next = Math.min(from, most); tries.fits(next) && next < most; ) {
      next = (int) Math.min(most, 2L * next);
    }
    while (!tries.why.isEmpty() && tries.between() > 0) {
      tries.fits(tries.between());
    }
    return new BatchSearch(tries.fit, tries.unfit > most ? 0 : tries.unfit, tries.why);
  }

  /**
   * Tries fewer than {@code unfit}, which were found not to fit: twice as many each time, from one
   * on, since on the CPU too many would not be refused but end the process; then halfway, until so
   * many were refused, since TensorFlow waits ten seconds before it refuses. Any other failure ends
   * the search with what is known.
   */
  static BatchSearch below(int unfit, int refusals, MemoryForecast forecast, IntConsumer run) {
    Tries tries = new Tries(unfit - 1, forecast, run);
    int refused = 0;
    try {
      for (int next = 1;
          next > 0 && next < tries.unfit && refused < refusals;
          next = Math.min(2 * tries.fit, tries.between())) {
        refused += tries.fits(next) ? 0 : 1;
      }
    } catch (GraftException e) {
      // it fails for another reason
    }
    return new BatchSearch(tries.fit, tries.unfit, tries.why);
  }

  private static final class Tries {
    private final MemoryForecast forecast;
    private final IntConsumer run;
    private int fit;
    private int unfit;
    private String why = "";

    Tries(int most, MemoryForecast forecast, IntConsumer run) {
      this.unfit = most + 1;
      this.forecast = forecast;
      this.run = run;
    }

    boolean fits(int batch) {
      Optional<String> against = forecast.against(batch).or(() -> failure(batch));
      if (against.isPresent()) {
        unfit = batch;
        why = against.get();
      } else {
        fit = batch;
      }
      return against.isEmpty();
    }

    private Optional<String> failure(int batch) {
      try {
        forecast.note(batch, () -> run.accept(batch));
        return Optional.empty();
      } catch (ExhaustedException e) {
        return Optional.of(String.valueOf(e.getMessage()));
      }
    }

    /** What is to be tried next between one that fits and one that does not; 0 for nothing. */
    int between() {
      int step = fit < FINE ? 1 : STEP;
      int halfway = fit + (unfit - fit) / 2 / step * step;
      return unfit - fit <= step ? 0 : Math.max(halfway, fit + step);
    }
  }
}
