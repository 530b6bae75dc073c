package dev.graft.trainer;

import com.google.common.collect.ImmutableList;

/**
 * How the training loss falls and rises again while the learning rate grows.
 *
 * @param points one for each step
 * @param suggestion the rate at which it falls fastest
 */
public record RateCurve(ImmutableList<Point> points, double suggestion) {

  /** By which part the smoothed loss fell from its start to its lowest point, 0 to 1. */
  public double fall() {
    double lowest = points.stream().mapToDouble(Point::smoothed).min().orElse(0);
    return points.isEmpty() ? 0 : 1 - lowest / Math.max(1e-300, points.get(0).smoothed());
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
