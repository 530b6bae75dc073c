package dev.graft.trainer.parity;

import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** How far Graft was from Keras at worst, in one training or many. */
public final class ParityFigures {

  /** A figure, where it was met, and what it may be at most. */
  private record Worst(double value, String where, double bar) {
    boolean holds() {
      return value <= bar;
    }
  }

  private final Map<String, Worst> worst = new LinkedHashMap<>();

  /** Notes {@code value}, which should be at most {@code bar}. */
  public void note(String what, double value, double bar, String where) {
    Worst before = worst.get(what);
    Worst now = new Worst(Double.isNaN(value) ? Double.POSITIVE_INFINITY : value, where, bar);
    if (before == null || now.value() / now.bar() > before.value() / before.bar()) {
      worst.put(what, now);
    }
  }

  public void add(ParityFigures other) {
    other.worst.forEach((what, now) -> note(what, now.value(), now.bar(), now.where()));
  }

  boolean hold() {
    return worst.values().stream().allMatch(Worst::holds);
  }

  /** All figures on a line. */
  @Override
  public String toString() {
    return worst.entrySet().stream()
        .map(e -> String.format(Locale.ROOT, "%s %.1e", e.getKey(), e.getValue().value()))
        .collect(Collectors.joining(", "));
  }

  /** Those beyond their bar, with the place. */
  public List<String> failures() {
    return worst.entrySet().stream()
        .filter(e -> !e.getValue().holds())
        .map(
            e ->
                String.format(
                    Locale.ROOT,
                    "%s %.2e is more than %.1e: %s",
                    e.getKey(),
                    e.getValue().value(),
                    e.getValue().bar(),
                    e.getValue().where()))
        .toList();
  }

  /** The largest absolute element. */
  public static double largest(TensorValue value) {
    double largest = 0;
    if (value.dtype() == DType.FLOAT32) {
      for (float each : value.floats()) {
        largest = Math.max(largest, Math.abs(each));
      }
    } else {
      for (double each : value.asDoubles()) {
        largest = Math.max(largest, Math.abs(each));
      }
    }
    return largest;
  }

  /** The largest absolute difference; infinite where shapes or dtypes differ. */
  public static double difference(TensorValue a, TensorValue b) {
    if (!a.shape().equals(b.shape()) || a.dtype() != b.dtype()) {
      return Double.POSITIVE_INFINITY;
    }
    double largest = 0;
    if (a.dtype() == DType.FLOAT32) {
      float[] x = a.floats();
      float[] y = b.floats();
      for (int i = 0; i < x.length; i++) {
        largest = Math.max(largest, Math.abs((double) x[i] - y[i]));
      }
    } else {
      double[] x = a.asDoubles();
      double[] y = b.asDoubles();
      for (int i = 0; i < x.length; i++) {
        largest = Math.max(largest, Math.abs(x[i] - y[i]));
      }
    }
    return largest;
  }
}
