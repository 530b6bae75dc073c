package dev.graft.data;

import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** How much each example of a source counts in training and in the loss: 1, unless it is said. */
final class ExampleWeights {

  /** All count alike. */
  static final ExampleWeights EQUAL = new ExampleWeights(null);

  private final float @Nullable [] all;

  private ExampleWeights(float @Nullable [] all) {
    this.all = all;
  }

  /**
   * Weights of a source.
   *
   * @param examples how many the source has
   * @param rows the examples that weights are given of
   * @param each one weight for each of the rows
   * @param name what a user calls the example of row i
   * @throws BadDataException if a weight is no finite number of 0 or more
   * @throws BadRequestException if there are more or fewer weights than rows
   */
  static ExampleWeights of(int examples, int[] rows, float[] each, IntFunction<String> name) {
    if (each.length != rows.length) {
      throw new BadRequestException(
          "given " + each.length + " weights for " + rows.length + " examples.");
    }
    float[] all = new float[examples];
    Arrays.fill(all, 1);
    for (int i = 0; i < each.length; i++) {
      if (!(each[i] >= 0) || Float.isInfinite(each[i])) {
        throw new BadDataException(
            name.apply(i) + " has the weight " + each[i] + "; a weight is 0 or more.");
      }
      all[rows[i]] = each[i];
    }
    return new ExampleWeights(all);
  }

  /** Those of these rows, for a source of which they are all. */
  ExampleWeights only(int[] rows) {
    return all == null ? EQUAL : new ExampleWeights(of(rows));
  }

  /** Those of these rows. */
  float[] of(int[] rows) {
    float[] mine = new float[rows.length];
    for (int i = 0; i < mine.length; i++) {
      mine[i] = all == null ? 1 : all[rows[i]];
    }
    return mine;
  }
}
