package dev.graft.testkit;

import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.Arrays;

/**
 * How far one tensor of real numbers is from another of the same shape, element by element. Two
 * NaNs, and two infinities of the same sign, are no difference; a NaN against a number is an
 * infinite one.
 *
 * @param absolute the largest absolute difference
 * @param relative the largest difference relative to the expected element, over those that are not
 *     zero
 * @param beyond how many elements lie further apart than {@code atol + rtol * |expected|}
 * @param elements how many elements there are
 * @param worst the index of the element that exceeds the tolerance most, for example {@code [1, 0]}
 * @param actual that element
 * @param expected what it should be
 */
public record Difference(
    double absolute,
    double relative,
    long beyond,
    long elements,
    String worst,
    double actual,
    double expected) {

  /** Compares two tensors, counting as numpy's {@code allclose} does. */
  public static Difference between(
      TensorValue actual, TensorValue expected, double atol, double rtol) {
    if (!actual.shape().equals(expected.shape())) {
      throw new IllegalArgumentException(
          "shapes differ: " + actual.shape() + " against " + expected.shape());
    }
    double[] a = actual.asDoubles();
    double[] e = expected.asDoubles();
    double absolute = 0;
    double relative = 0;
    double worstExcess = Double.NEGATIVE_INFINITY;
    int worst = -1;
    long beyond = 0;
    for (int i = 0; i < a.length; i++) {
      double distance = distance(a[i], e[i]);
      absolute = Math.max(absolute, distance);
      if (e[i] != 0 && distance > 0) {
        relative = Math.max(relative, distance / Math.abs(e[i]));
      }
      double allowed = Double.isFinite(e[i]) ? atol + rtol * Math.abs(e[i]) : 0;
      if (distance > allowed) {
        beyond++;
      }
      if (distance - allowed > worstExcess) {
        worstExcess = distance - allowed;
        worst = i;
      }
    }
    return new Difference(
        absolute,
        relative,
        beyond,
        a.length,
        worst < 0 ? "[]" : index(expected.shape(), worst),
        worst < 0 ? 0 : a[worst],
        worst < 0 ? 0 : e[worst]);
  }

  private static double distance(double a, double e) {
    if (Double.compare(a, e) == 0 || a == e) {
      return 0;
    }
    double distance = Math.abs(a - e);
    return Double.isNaN(distance) ? Double.POSITIVE_INFINITY : distance;
  }

  private static String index(Shape shape, int flat) {
    long[] index = new long[shape.rank()];
    long rest = flat;
    for (int i = index.length - 1; i >= 0; i--) {
      index[i] = rest % shape.dim(i);
      rest /= shape.dim(i);
    }
    return Arrays.toString(index);
  }

  @Override
  public String toString() {
    return "%d of %d elements beyond tolerance, worst at %s: %s instead of %s; largest difference %.3g absolute, %.3g relative"
        .formatted(beyond, elements, worst, actual, expected, absolute, relative);
  }
}
