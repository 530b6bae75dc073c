package dev.graft.trainer.internal.features;

import com.google.common.collect.Iterables;
import dev.graft.data.Dataset;
import dev.graft.error.BadDataException;
import dev.graft.error.FailedCheckException;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.words.Remedy;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.function.DoublePredicate;
import java.util.function.IntToDoubleFunction;

/**
 * Finds out where what is no number comes from, in what is fed and what is computed of it.
 *
 * @param entry how examples get into the model
 * @param computed what is computed of them
 */
public record NoNumbers(InputBinding entry, List<TensorRef> computed) {

  /**
   * Looks for a NaN.
   *
   * @throws BadDataException if an example holds one, or an infinity of which the model makes one
   * @throws FailedCheckException if the model makes one of an example of numbers
   */
  void check(Dataset data, int[] examples, Map<TensorRef, TensorValue> values) {
    for (TensorRef tensor : Iterables.concat(entry.tensors(), computed)) { // causes first
      TensorValue value = values.get(tensor);
      int row = value == null ? -1 : rowWith(value, Double::isNaN);
      if (row < 0) {
        continue;
      }
      if (entry.tensors().contains(tensor)) {
        throw notFinite(name(data, examples, row), Double.NaN, entry.nameOf(tensor));
      }
      checkInfinities(data, examples, values);
      throw new FailedCheckException(
          "the part of the model that does not train makes a NaN of "
              + name(data, examples, row)
              + ", at '"
              + tensor
              + "', so nothing after it can learn; check the model's weights, and the range"
              + " of its inputs.",
          Remedy.CHECK,
          Remedy.INPUT_RANGE);
    }
  }

  /** An infinity does no harm where the model cuts it off; here it did. */
  private void checkInfinities(Dataset data, int[] examples, Map<TensorRef, TensorValue> values) {
    for (TensorRef input : entry.tensors()) {
      for (double infinity : new double[] {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
        TensorValue value = values.get(input);
        int row = value == null ? -1 : rowWith(value, number -> number == infinity);
        if (row >= 0) {
          throw notFinite(name(data, examples, row), infinity, entry.nameOf(input));
        }
      }
    }
  }

  /** What to throw for an example that holds {@code number} in an input. */
  public static BadDataException notFinite(String name, double number, String input) {
    return new BadDataException(
        name
            + " holds "
            + number
            + " in '"
            + input
            + "', which nothing can be learned from; correct the example or leave it out.");
  }

  private static String name(Dataset data, int[] examples, int row) {
    return data.name(examples[Math.min(row, examples.length - 1)]);
  }

  /** The first row with such a number; -1 if there is none, or the value cannot hold one. */
  public static int rowWith(TensorValue value, DoublePredicate wanted) {
    if (!value.dtype().isFloating() || value.shape().rank() < 1) {
      return -1;
    }
    int count = (int) value.shape().elements();
    int perRow = Math.max(1, count / Math.max(1, (int) value.shape().dim(0)));
    IntToDoubleFunction numbers;
    if (value.dtype() == DType.FLOAT32) { // read where they are
      FloatBuffer floats = value.bytes().asFloatBuffer();
      numbers = floats::get;
    } else {
      double[] doubles = value.asDoubles();
      numbers = i -> doubles[i];
    }
    for (int i = 0; i < count; i++) {
      if (wanted.test(numbers.applyAsDouble(i))) {
        return i / perRow;
      }
    }
    return -1;
  }
}
