package dev.graft.exporter;

import dev.graft.error.FailedCheckException;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Holds outputs against the expected ones and remembers the largest difference. */
final class Comparison {

  /** How far a number may be off, relative to 1 or to itself, whichever is more. */
  private static final double TOLERANCE = 1e-5;

  private double largest;

  /** Compares all that is expected; outputs that are not are left alone. */
  void add(
      String signature, int rows, Map<String, TensorValue> expected, Map<String, TensorValue> all) {
    expected.forEach(
        (name, wanted) -> {
          String what =
              "output '" + name + "' of signature '" + signature + "' for a batch of " + rows;
          compare(what, wanted, ofForm(what, wanted, all.get(name)));
        });
  }

  /** Fails unless {@code output} has the dtype and shape that it is to have. */
  static void requireForm(
      String signature,
      int rows,
      String output,
      Map<String, TensorValue> expected,
      Map<String, TensorValue> all) {
    TensorValue wanted = expected.get(output);
    if (wanted != null) {
      String what =
          "output '" + output + "' of signature '" + signature + "' for a batch of " + rows;
      var unused = ofForm(what, wanted, all.get(output));
    }
  }

  private static TensorValue ofForm(String what, TensorValue wanted, @Nullable TensorValue actual) {
    if (actual == null
        || actual.dtype() != wanted.dtype()
        || !actual.shape().equals(wanted.shape())) {
      throw new FailedCheckException(
          what + " is " + actual + " in the export, " + wanted + " in the model.");
    }
    return actual;
  }

  private void compare(String what, TensorValue wanted, TensorValue actual) {
    if (!isRounded(wanted.dtype())) {
      if (!isSame(wanted, actual)) {
        throw new FailedCheckException(
            what
                + (wanted.dtype() == DType.STRING
                    ? " holds other texts in the export."
                    : " holds other numbers in the export."));
      }
      return;
    }
    double[] expected = wanted.asDoubles();
    double[] found = actual.asDoubles();
    for (int i = 0; i < expected.length; i++) {
      if (!isNear(expected[i], found[i])) {
        throw new FailedCheckException(
            what
                + " gives "
                + found[i]
                + " in the export, "
                + expected[i]
                + " in the model: the export is not the same model, so it is not published.");
      }
      if (Double.compare(expected[i], found[i]) != 0) { // infinities and NaN too
        largest = Math.max(largest, Math.abs(expected[i] - found[i]));
      }
    }
  }

  private static boolean isRounded(DType dtype) {
    return dtype.isFloating();
  }

  private static boolean isNear(double expected, double found) {
    return Double.compare(expected, found) == 0
        || (Double.isFinite(expected) // else any number is within what infinity allows
            && Math.abs(expected - found) <= TOLERANCE * Math.max(1, Math.abs(expected)));
  }

  private static boolean isSame(TensorValue one, TensorValue other) {
    return one.dtype() == DType.STRING
        ? one.strings().equals(other.strings())
        : one.bytes().equals(other.bytes());
  }

  /** Whether two sets of values are the same to the bit. */
  static boolean areSame(Map<String, TensorValue> one, Map<String, TensorValue> other) {
    return one.keySet().equals(other.keySet())
        && one.entrySet().stream()
            .allMatch(
                entry -> {
                  TensorValue a = entry.getValue();
                  TensorValue b = other.get(entry.getKey());
                  return b != null
                      && a.dtype() == b.dtype()
                      && a.shape().equals(b.shape())
                      && isSame(a, b);
                });
  }

  /** The outputs in which two answers to one question differ by more than rounding. */
  static Set<String> differing(Map<String, TensorValue> one, Map<String, TensorValue> other) {
    Set<String> differing = new TreeSet<>();
    one.forEach(
        (name, a) -> {
          TensorValue b = other.get(name);
          if (b == null
              || a.dtype() != b.dtype()
              || !a.shape().equals(b.shape())
              || !isNear(a, b)) {
            differing.add(name);
          }
        });
    return differing;
  }

  private static boolean isNear(TensorValue one, TensorValue other) {
    if (!isRounded(one.dtype())) {
      return isSame(one, other);
    }
    double[] a = one.asDoubles();
    double[] b = other.asDoubles();
    return IntStream.range(0, a.length).allMatch(i -> isNear(a[i], b[i]));
  }

  double largest() {
    return largest;
  }
}
