package dev.graft.trainer.boxes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The answers for one label on all pictures, the surest first, in one range of areas.
 *
 * @param scores of the answers, falling
 * @param right a bit for each threshold
 * @param ignored a bit for each threshold
 * @param wanted how many boxes should have been found
 */
record Ranking(double[] scores, int[] right, int[] ignored, int wanted) {

  private static final double TINY = Math.ulp(1.0); // as pycocotools has it, against 0 / 0

  /**
   * Sorts.
   *
   * @param pictures in their order, which decides between answers of equal scores
   * @param most how many answers on each picture count
   */
  static Ranking of(List<BoxMatching> pictures, int most) {
    List<double[]> all = new ArrayList<>(); // score, right, ignored
    int wanted = 0;
    for (BoxMatching picture : pictures) {
      wanted += picture.wanted();
      for (int i = 0; i < Math.min(most, picture.scores().length); i++) {
        all.add(new double[] {picture.scores()[i], picture.right()[i], picture.ignored()[i]});
      }
    }
    all.sort(Comparator.comparingDouble(each -> 0 - each[0]));
    return new Ranking(
        all.stream().mapToDouble(each -> each[0]).toArray(),
        all.stream().mapToInt(each -> (int) each[1]).toArray(),
        all.stream().mapToInt(each -> (int) each[2]).toArray(),
        wanted);
  }

  /** The share of boxes found at a threshold. */
  double recall(int threshold) {
    int bit = 1 << threshold;
    long found =
        IntStream.range(0, right.length).filter(i -> (right[i] & ~ignored[i] & bit) != 0).count();
    return (double) found / wanted;
  }

  /** The mean of {@link #recall} over the thresholds. */
  double recall() {
    return IntStream.range(0, BoxMatching.THRESHOLDS).mapToDouble(this::recall).average().orElse(0);
  }

  PrecisionCurve curve(int threshold) {
    int bit = 1 << threshold;
    double[] recall = new double[scores.length];
    double[] precision = new double[scores.length];
    double good = 0;
    double bad = 0;
    for (int i = 0; i < scores.length; i++) {
      if ((ignored[i] & bit) == 0) {
        good += (right[i] & bit) != 0 ? 1 : 0;
        bad += (right[i] & bit) == 0 ? 1 : 0;
      }
      recall[i] = good / wanted;
      precision[i] = good / (bad + good + TINY);
    }
    for (int i = precision.length - 1; i > 0; i--) {
      precision[i - 1] = Math.max(precision[i - 1], precision[i]);
    }
    Double[] best = new Double[PrecisionCurve.POINTS];
    Double[] least = new Double[PrecisionCurve.POINTS];
    int at = 0;
    for (int i = 0; i < best.length; i++) {
      while (at < recall.length && recall[at] < PrecisionCurve.recall(i)) {
        at++;
      }
      best[i] = at < recall.length ? precision[at] : 0.0;
      least[i] = at < recall.length ? scores[at] : 0.0;
    }
    return new PrecisionCurve(
        BoxMatching.threshold(threshold), Arrays.asList(best), Arrays.asList(least));
  }

  /** One for each threshold; none if there is no box to be found. */
  List<PrecisionCurve> curves() {
    return wanted == 0
        ? Collections.emptyList()
        : IntStream.range(0, BoxMatching.THRESHOLDS).mapToObj(this::curve).toList();
  }
}
