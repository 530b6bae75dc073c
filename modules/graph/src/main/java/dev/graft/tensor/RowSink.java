package dev.graft.tensor;

import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;

/** Takes rows that come in any order, each of them once. */
@Internal
public interface RowSink {

  /**
   * Puts the rows of {@code tensor} at {@code places}, in its order.
   *
   * @throws BadRequestException if they are of another size than those before
   */
  void put(TensorValue tensor, int[] places);

  /** All rows, each of which was put. */
  RowTable table();

  /** Fails where {@code next} has rows of another size than {@code first}. */
  static void requireAlike(TensorValue first, TensorValue next) {
    Shape a = first.shape();
    Shape b = next.shape();
    if (a.rank() < 1 || a.rank() != b.rank() || !a.dim(0, 1).equals(b.dim(0, 1))) {
      throw new BadRequestException(
          "rows of different sizes make no tensor: after "
              + first
              + " comes "
              + next
              + "; take examples of one size (texts of one length) at a time.");
    }
  }
}
