package dev.graft.trainer;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How the training loss falls and rises again while the learning rate grows.
 *
 * @param points one for each step
 * @param suggestion the rate at which it falls fastest; empty if it falls by no more than it varies
 *     from step to step
 * @param ofHeads whether it is the heads by themselves that learned, not the model below them
 */
public record RateCurve(List<Point> points, OptionalDouble suggestion, boolean ofHeads) {
  public RateCurve {
    points = ImmutableList.copyOf(points);
  }

  /**
   * By which part the smoothed loss fell from where it began to its lowest point: 0 to 1, or more
   * where it ends below 0.
   */
  public double fall() {
    double lowest = points.stream().mapToDouble(Point::smoothed).min().orElse(0);
    double start = start(points);
    return points.isEmpty() ? 0 : Math.max(0, (start - lowest) / Math.max(1e-300, Math.abs(start)));
  }

  /** The mean loss of the first quarter of {@code points}, at rates that change little. */
  public static double start(List<Point> points) {
    requireNonNull(points, "points");
    return points.stream()
        .limit(Math.max(1, points.size() / 4))
        .mapToDouble(Point::loss)
        .average()
        .orElse(Double.NaN);
  }

  /**
   * A step.
   *
   * @param rate the learning rate
   * @param loss the loss before the step
   * @param smoothed the mean of the losses so far, older ones counting less
   */
  public record Point(double rate, double loss, double smoothed) {}
}
