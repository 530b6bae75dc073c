package dev.graft.tensor;

import dev.graft.error.Internal;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Rows of one dtype and shape, by number: in memory, or in a file. */
@Internal
public interface RowTable {

  /**
   * Some rows, in this order.
   *
   * @param spent what was read before and nobody needs any more: its memory may be used again
   */
  TensorValue rows(int[] numbers, TensorValue spent);

  /**
   * The rows from {@code from} to before {@code to}; of a table in memory no copy.
   *
   * @param spent as for {@link #rows}
   */
  TensorValue range(int from, int to, TensorValue spent);

  /** Some of these rows, counted anew. */
  default RowTable only(int[] chosen) {
    RowTable all = this;
    return new RowTable() {
      @Override
      public TensorValue rows(int[] numbers, TensorValue spent) {
        return all.rows(Arrays.stream(numbers).map(i -> chosen[i]).toArray(), spent);
      }

      @Override
      public TensorValue range(int from, int to, TensorValue spent) {
        int first = from < to ? chosen[from] : 0;
        boolean isInOrder = IntStream.range(from, to).allMatch(i -> chosen[i] == first + i - from);
        return isInOrder
            ? all.range(first, first + to - from, spent)
            : all.rows(Arrays.copyOfRange(chosen, from, to), spent);
      }
    };
  }

  /** The rows of {@code all}. */
  static RowTable of(TensorValue all) {
    return new RowTable() {
      @Override
      public TensorValue rows(int[] numbers, TensorValue spent) {
        return Rows.of(all, numbers, spent);
      }

      @Override
      public TensorValue range(int from, int to, TensorValue spent) {
        return Rows.range(all, from, to);
      }
    };
  }
}
