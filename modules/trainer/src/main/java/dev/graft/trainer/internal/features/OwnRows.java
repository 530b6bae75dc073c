package dev.graft.trainer.internal.features;

import static java.util.Objects.requireNonNull;

import dev.graft.error.BadRequestException;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Rows;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Whether a tensor has a row for each example, and of that one alone.
 *
 * @param rounded by how much two runs may differ, as a share of the largest number
 */
record OwnRows(double rounded) {

  /**
   * Examples that were read, some of which may be run once more.
   *
   * @param examples their numbers
   * @param fed what is fed of them, in the order of the entry's tensors
   */
  record Read(int[] examples, List<TensorValue> fed) {

    static Read all(List<Read> some) {
      int[] examples = some.stream().flatMapToInt(read -> Arrays.stream(read.examples)).toArray();
      List<TensorValue> fed = new ArrayList<>();
      for (int input = 0; input < some.get(0).fed.size(); input++) {
        int each = input;
        fed.add(Rows.concat(some.stream().map(read -> read.fed.get(each)).toList()));
      }
      return new Read(examples, fed);
    }

    /** Another one and this one, both under this one's number. */
    Read beside(Read other) {
      return new Read(new int[] {examples[0], examples[0]}, all(List.of(other, this)).fed);
    }

    Read rows(int... rows) {
      int[] some = Arrays.stream(rows).map(row -> examples[row]).toArray();
      return new Read(some, fed.stream().map(tensor -> Rows.of(tensor, rows)).toList());
    }
  }

  /** Row i has to belong to example i. */
  static void require(TensorRef tensor, TensorValue value, int examples) {
    if (value.shape().rank() < 1 || value.shape().dim(0) != examples) {
      throw new BadRequestException(
          "'"
              + tensor
              + "' is "
              + value
              + " for "
              + examples
              + " examples, not a row for each of them, so it cannot be told whose they are; take"
              + " another output, or make the model give a row for each example.");
    }
  }

  /** As {@link #areSame}, for all of some tensors. */
  boolean areAllSame(
      List<TensorRef> tensors,
      Map<TensorRef, TensorValue> values,
      int[] rows,
      Map<TensorRef, TensorValue> other,
      int first) {
    return tensors.stream()
        .allMatch(
            tensor ->
                areSame(
                    requireNonNull(values.get(tensor)),
                    rows,
                    requireNonNull(other.get(tensor)),
                    first));
  }

  /**
   * Whether two runs gave the same for some examples, but for what kernels round otherwise. Row by
   * row, since these may be large.
   *
   * @param rows those of {@code values} that are compared
   * @param first the row of {@code other} that the first of them is compared with
   */
  private boolean areSame(TensorValue values, int[] rows, TensorValue other, int first) {
    if (other.shape().rank() < 1 || other.shape().dim(0) != first + rows.length) {
      return false;
    }
    double largest = 0;
    for (int row : rows) {
      largest = Math.max(largest, Arrays.stream(row(values, row)).map(Math::abs).max().orElse(0));
    }
    for (int i = 0; i < rows.length; i++) {
      if (!isSame(row(values, rows[i]), row(other, first + i), rounded * largest)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isSame(double[] a, double[] b, double rounded) {
    boolean same = a.length == b.length;
    for (int i = 0; same && i < a.length; i++) {
      same = Math.abs(a[i] - b[i]) <= rounded || a[i] == b[i];
    }
    return same;
  }

  private static double[] row(TensorValue values, int row) {
    return Rows.range(values, row, row + 1).asDoubles();
  }
}
