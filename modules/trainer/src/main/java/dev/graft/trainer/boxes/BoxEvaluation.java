package dev.graft.trainer.boxes;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Doubles;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * How well boxes are found, by COCO's measure.
 *
 * @param count how many pictures there were
 * @param metrics means over the labels: {@code ap} over overlaps from .5 to .95, {@code ap50} and
 *     {@code ap75} at one overlap; {@code ap-small}, {@code ap-medium} and {@code ap-large} of
 *     boxes up to 32 x 32 pixels (of the outline where the data tell it), up to 96 x 96 and above;
 *     {@code recall-1}, {@code recall-10} and {@code recall-100} with so many answers for each
 *     label on a picture at most, {@code recall-small}, {@code recall-medium} and {@code
 *     recall-large}; {@link #NOTHING} where there is no such box to be found
 * @param labels how well each label is found, in the order of the labels
 */
public record BoxEvaluation(int count, Map<String, Double> metrics, List<LabelPrecision> labels) {

  /** The value of a metric where there is nothing to be found. */
  public static final double NOTHING = -1;

  public BoxEvaluation {
    metrics = ImmutableMap.copyOf(metrics);
    labels = ImmutableList.copyOf(labels);
  }

  /** A value of a metric for a person: with three digits, or {@code none}. */
  public static String words(double value) {
    return value == NOTHING ? "none" : String.format(Locale.ROOT, "%.3f", value);
  }

  /**
   * The score from which on answers are best shown: where the mean over the labels of F1 at an
   * overlap of .5 is highest; 0 if nothing was found.
   */
  public double threshold() {
    double best = 0;
    double most = 0;
    Set<Double> scores = new LinkedHashSet<>();
    labels.stream()
        .filter(label -> !label.curves().isEmpty())
        .forEach(label -> scores.addAll(at50(label).scores()));
    List<double[]> falling = labels.stream().map(BoxEvaluation::falling).toList();
    for (double score : scores) {
      double f1 =
          IntStream.range(0, labels.size())
              .mapToDouble(i -> f1(labels.get(i), falling.get(i), score))
              .sum();
      if (score > 0 && f1 > most) {
        most = f1;
        best = score;
      }
    }
    return best;
  }

  private static PrecisionCurve at50(LabelPrecision label) {
    return label.curves().get(0);
  }

  /** The highest score from each point on: it falls, so that it can be searched. */
  private static double[] falling(LabelPrecision label) {
    if (label.curves().isEmpty()) {
      return new double[0];
    }
    double[] highest = Doubles.toArray(at50(label).scores());
    for (int i = highest.length - 2; i >= 0; i--) {
      highest[i] = Math.max(highest[i], highest[i + 1]);
    }
    return highest;
  }

  /** At the last point with such a score; 0 if there is none. */
  private static double f1(LabelPrecision label, double[] falling, double score) {
    int low = 0; // how many points have such a score, or one with it behind them
    int high = falling.length;
    while (low < high) {
      int middle = (low + high) / 2;
      if (falling[middle] >= score) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == 0) {
      return 0;
    }
    double recall = PrecisionCurve.recall(low - 1);
    double precision = at50(label).precision().get(low - 1);
    return 2 * precision * recall / Math.max(1e-9, precision + recall);
  }
}
