package dev.graft.trainer;

import com.google.common.collect.ImmutableList;
import dev.graft.model.FailedCheckException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The learning-rate range test (Smith 2015): the rate grows from step to step by the same factor
 * until the loss runs away. The suggestion is where the smoothed loss falls most steeply over the
 * logarithm of the rate, before its minimum.
 */
final class RateFinder {

  static final int STEPS = 100;
  private static final double FROM = 1e-7;
  private static final double TO = 1;
  private static final double KEPT = 0.9; // of the mean at each step
  private static final double RUNAWAY = 3; // times the best loss
  private static final int SPAN = 5; // steps on each side that a slope is taken over

  private RateFinder() {}

  /** Takes steps with {@code loop}, which is of no use afterwards. */
  static RateCurve find(TrainingLoop loop, Callbacks callbacks) {
    Pace pace = new Pace(callbacks, Progress.Phase.FINE_TUNE, "steps", STEPS, loop.batch());
    List<RateCurve.Point> points = new ArrayList<>();
    double mean = 0;
    double best = Double.POSITIVE_INFINITY;
    for (int i = 0; i < STEPS; i++) {
      pace.before();
      double rate = FROM * Math.pow(TO / FROM, (double) i / (STEPS - 1));
      double loss;
      try {
        loss = loop.step(rate);
      } catch (FailedCheckException e) {
        if (points.size() < SPAN) {
          throw e; // it is not the rate
        }
        break; // ran away
      }
      mean = KEPT * mean + (1 - KEPT) * loss;
      double smoothed = mean / (1 - Math.pow(KEPT, i + 1)); // as Adam corrects its means
      points.add(new RateCurve.Point(rate, loss, smoothed));
      best = Math.min(best, smoothed);
      pace.advance(1, 0, OptionalDouble.of(smoothed), OptionalDouble.empty());
      if (i > 2 * SPAN && smoothed > RUNAWAY * best) {
        break;
      }
    }
    return new RateCurve(ImmutableList.copyOf(points), suggestion(points));
  }

  /** Where the smoothed loss falls most steeply, before it is smallest. */
  static double suggestion(List<RateCurve.Point> points) {
    int lowest = 0;
    for (int i = 0; i < points.size(); i++) {
      lowest = points.get(i).smoothed() < points.get(lowest).smoothed() ? i : lowest;
    }
    int steepest = 0;
    double most = 0;
    for (int i = SPAN; i + SPAN < points.size() && i <= lowest; i++) {
      double fall = points.get(i - SPAN).smoothed() - points.get(i + SPAN).smoothed();
      if (fall > most) {
        most = fall;
        steepest = i;
      }
    }
    return points.get(steepest).rate();
  }
}
