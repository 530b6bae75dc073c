package dev.graft.exporter;

import dev.graft.model.FailedCheckException;
import dev.graft.model.TensorValue;
import java.util.Map;
import org.tensorflow.proto.DataType;

/** Holds outputs against the expected ones and remembers the largest difference. */
final class Comparison {

  /** How far a number may be off, relative to 1 or to itself, whichever is more. */
  private static final double TOLERANCE = 1e-4;

  private double largest;

  /** Compares all that is expected; outputs that are not are left alone. */
  void add(
      String signature, int rows, Map<String, TensorValue> expected, Map<String, TensorValue> all) {
    expected.forEach(
        (name, wanted) -> {
          TensorValue actual = all.get(name);
          String what =
              "output '" + name + "' of signature '" + signature + "' for a batch of " + rows;
          if (actual == null
              || actual.dtype() != wanted.dtype()
              || !actual.shape().equals(wanted.shape())) {
            throw new FailedCheckException(
                what + " is " + actual + " in the export, " + wanted + " in the model.");
          }
          compare(what, wanted, actual);
        });
  }

  private void compare(String what, TensorValue wanted, TensorValue actual) {
    if (wanted.dtype() == DataType.DT_STRING) {
      if (!wanted.strings().equals(actual.strings())) {
        throw new FailedCheckException(what + " holds other texts in the export.");
      }
      return;
    }
    if (wanted.dtype() == DataType.DT_COMPLEX64 || wanted.dtype() == DataType.DT_COMPLEX128) {
      if (!wanted.bytes().equals(actual.bytes())) {
        throw new FailedCheckException(what + " holds other numbers in the export.");
      }
      return;
    }
    double[] expected = wanted.asDoubles();
    double[] found = actual.asDoubles();
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs(expected[i] - found[i]);
      if (Double.compare(expected[i], found[i]) == 0) {
        continue; // infinities and NaN too
      }
      if (!(difference <= TOLERANCE * Math.max(1, Math.abs(expected[i])))) {
        throw new FailedCheckException(
            what
                + " gives "
                + found[i]
                + " in the export, "
                + expected[i]
                + " in the model: the export is not the same model, so it is not published.");
      }
      largest = Math.max(largest, difference);
    }
  }

  /** Whether the two are the same to the bit. */
  static boolean equal(Map<String, TensorValue> one, Map<String, TensorValue> other) {
    return one.entrySet().stream()
        .allMatch(
            entry -> {
              TensorValue a = entry.getValue();
              TensorValue b = other.get(entry.getKey());
              return b != null
                  && a.shape().equals(b.shape())
                  && (a.dtype() == DataType.DT_STRING
                      ? a.strings().equals(b.strings())
                      : a.bytes().equals(b.bytes()));
            });
  }

  double largest() {
    return largest;
  }
}
