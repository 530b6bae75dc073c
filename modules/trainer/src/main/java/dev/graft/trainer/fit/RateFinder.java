package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import dev.graft.error.FailedCheckException;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The learning-rate range test (Smith 2015): the rate grows from step to step by the same factor
 * until the loss runs away. The suggestion is where the smoothed loss falls most steeply over the
 * logarithm of the rate, on its way from where it began down to its minimum. Batches differ, so
 * that it goes up and down at rates that change nothing, too: a way down that is no longer than
 * that gives no suggestion.
 */
final class RateFinder {

  static final int STEPS = 100;
  private static final double FROM = 1e-7;
  private static final double TO = 1;
  private static final double KEPT = 0.9; // of the mean at each step
  private static final double RUNAWAY = 3; // times the loss that it began with
  private static final double FALL =
      5; // times the noise, at least: else one curve in thirty falls by chance
  private static final double FALLING = 2; // times the noise below its start: it falls for good
  private static final int SPAN = 5; // steps on each side that a slope is taken over

  private RateFinder() {}

  /** Takes steps with {@code loop}, which is of no use afterwards. */
  static RateCurve find(TrainingLoop loop, boolean ofHeads, Watch watch) {
    Pace pace = new Pace(watch, Progress.Phase.FINE_TUNE, "steps", STEPS, loop.batch());
    List<RateCurve.Point> points = new ArrayList<>();
    double mean = 0;
    for (int i = 0; i < STEPS; i++) {
      pace.before();
      double rate = FROM * Math.pow(TO / FROM, (double) i / (STEPS - 1));
      double loss;
      try {
        do {
          loss = loop.step(rate);
        } while (Double.isNaN(loss)); // left out, and tells nothing of this rate
      } catch (FailedCheckException e) {
        if (points.size() < SPAN) {
          throw e; // it is not the rate
        }
        break; // ran away
      }
      mean = KEPT * mean + (1 - KEPT) * loss;
      double smoothed = mean / (1 - Math.pow(KEPT, i + 1)); // as Adam corrects its means
      points.add(new RateCurve.Point(rate, loss, smoothed));
      pace.advance(1, 0, OptionalDouble.of(smoothed), OptionalDouble.empty());
      boolean isFlat = i < STEPS / 4; // before anything has changed
      if (!isFlat && ranAway(smoothed, RateCurve.start(points.subList(0, STEPS / 4)))) {
        break;
      }
    }
    return new RateCurve(ImmutableList.copyOf(points), suggestion(points), ofHeads);
  }

  /** A loss may be below 0, as the cosine is. */
  static boolean ranAway(double smoothed, double start) {
    return smoothed > start + (RUNAWAY - 1) * Math.abs(start);
  }

  /** Where the smoothed loss falls most steeply, after it began to fall, before it is smallest. */
  static OptionalDouble suggestion(List<RateCurve.Point> points) {
    double start = RateCurve.start(points);
    int first = Math.max(SPAN, points.size() / 10); // by then the mean is one
    int lowest = first;
    for (int i = first; i < points.size(); i++) {
      lowest = points.get(i).smoothed() < points.get(lowest).smoothed() ? i : lowest;
    }
    double noise = noise(points);
    if (lowest >= points.size() || start - points.get(lowest).smoothed() <= FALL * noise) {
      return OptionalDouble.empty();
    }
    int from = lowest;
    while (from > first && points.get(from).smoothed() < start - FALLING * noise) {
      from--;
    }
    int steepest = from;
    double most = 0;
    for (int i = from; i + SPAN < points.size() && i <= lowest; i++) {
      double fall = points.get(i - SPAN).smoothed() - points.get(i + SPAN).smoothed();
      if (fall > most) {
        most = fall;
        steepest = i;
      }
    }
    return OptionalDouble.of(points.get(steepest).rate());
  }

  /**
   * The standard deviation of the smoothed loss where nothing is learned, from how much the losses
   * of neighbouring steps differ, since that is little changed by their fall.
   */
  private static double noise(List<RateCurve.Point> points) {
    int count = Math.max(2, points.size() / 2);
    double squares = 0;
    for (int i = 1; i < count && i < points.size(); i++) {
      squares += Math.pow(points.get(i).loss() - points.get(i - 1).loss(), 2);
    }
    double ofOne = Math.sqrt(squares / (count - 1) / 2);
    return ofOne * Math.sqrt((1 - KEPT) / (1 + KEPT));
  }
}
