package dev.graft.trainer.boxes;

import java.util.List;

/**
 * Of the answers for a label that are as sure as it takes to find a share of the boxes, how many
 * are right.
 *
 * @param overlap from which intersection over union on an answer is right
 * @param precision at a recall of 0, .01, ... 1: the best that there is at that or more, 0 if so
 *     many boxes were not found
 * @param scores the least score of the answers that it takes, 0 if so many boxes were not found
 */
public record PrecisionCurve(double overlap, List<Double> precision, List<Double> scores) {

  /** How many values of recall there are. */
  public static final int POINTS = 101;

  public PrecisionCurve {
    precision = List.copyOf(precision);
    scores = List.copyOf(scores);
  }

  /** The recall of point {@code i}, as numpy computes it, to the bit. */
  public static double recall(int i) {
    return i == POINTS - 1 ? 1 : i * .01;
  }

  /** The mean precision. */
  public double mean() {
    double sum = 0;
    for (double each : precision) {
      sum += each;
    }
    return sum / POINTS;
  }
}
