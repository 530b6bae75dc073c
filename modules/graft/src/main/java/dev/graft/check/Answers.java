package dev.graft.check;

import dev.graft.error.FailedCheckException;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;

/** Holds what one form of a model gives against what another gives. */
final class Answers {

  private Answers() {}

  /** Whether the two are not the same to the bit. */
  static boolean differ(Map<String, TensorValue> expected, Map<String, TensorValue> actual) {
    try {
      return largestDifference(expected, actual) > 0;
    } catch (FailedCheckException e) {
      return true;
    }
  }

  /**
   * The largest difference between two numbers at the same place. Infinities and NaN equal
   * themselves.
   *
   * @throws FailedCheckException if outputs differ in name, dtype or shape, or texts differ
   */
  static double largestDifference(
      Map<String, TensorValue> expected, Map<String, TensorValue> actual) {
    double largest = 0;
    for (Map.Entry<String, TensorValue> entry : expected.entrySet()) {
      TensorValue wanted = entry.getValue();
      TensorValue found = actual.get(entry.getKey());
      String what = "output '" + entry.getKey() + "'";
      if (found == null
          || found.dtype() != wanted.dtype()
          || !found.shape().equals(wanted.shape())) {
        throw new FailedCheckException(what + " is " + found + " instead of " + wanted + ".");
      }
      largest = Math.max(largest, largestDifference(what, wanted, found));
    }
    return largest;
  }

  private static double largestDifference(String what, TensorValue wanted, TensorValue found) {
    if (wanted.dtype() == DType.STRING) {
      if (!wanted.strings().equals(found.strings())) {
        throw new FailedCheckException(what + " holds other texts.");
      }
      return 0;
    }
    if (wanted.bytes().equals(found.bytes())) {
      return 0;
    }
    double[] a = numbers(wanted);
    double[] b = numbers(found);
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      if (Double.compare(a[i], b[i]) != 0) {
        double difference = Math.abs(a[i] - b[i]);
        largest =
            Math.max(largest, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
      }
    }
    return largest;
  }

  /** Whether there is no infinity and no NaN among the numbers of {@code outputs}. */
  static boolean areFinite(Map<String, TensorValue> outputs) {
    for (TensorValue output : outputs.values()) {
      boolean real = output.dtype().isFloating();
      if (real && !Arrays.stream(output.asDoubles()).allMatch(Double::isFinite)) {
        return false;
      }
    }
    return true;
  }

  private static double[] numbers(TensorValue value) {
    ByteBuffer bytes = value.bytes();
    return switch (value.dtype()) {
      case COMPLEX64 -> {
        double[] parts = new double[bytes.remaining() / Float.BYTES];
        for (int i = 0; i < parts.length; i++) {
          parts[i] = bytes.getFloat(bytes.position() + i * Float.BYTES);
        }
        yield parts;
      }
      case COMPLEX128 -> {
        double[] parts = new double[bytes.remaining() / Double.BYTES];
        for (int i = 0; i < parts.length; i++) {
          parts[i] = bytes.getDouble(bytes.position() + i * Double.BYTES);
        }
        yield parts;
      }
      default -> value.asDoubles();
    };
  }
}
