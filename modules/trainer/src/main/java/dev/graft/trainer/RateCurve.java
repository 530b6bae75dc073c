package dev.graft.trainer;

import com.google.common.collect.ImmutableList;

/**
 * How the training loss falls and rises again while the learning rate grows.
 *
 * @param points one for each step
 * @param suggestion the rate at which it falls fastest
 */
public record RateCurve(ImmutableList<Point> points, double suggestion) {

  /**
   * A step.
   *
   * @param rate the learning rate
   * @param loss the loss before the step
   * @param smoothed the mean of the losses so far, older ones counting less
   */
  public record Point(double rate, double loss, double smoothed) {}
}
