package dev.graft.trainer.boxes;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How well boxes are found, by COCO's measure.
 *
 * @param count how many pictures there were
 * @param metrics means over the labels: {@code ap} over overlaps from .5 to .95, {@code ap50} and
 *     {@code ap75} at one overlap; {@code ap-small}, {@code ap-medium} and {@code ap-large} of
 *     boxes up to 32 x 32 pixels, up to 96 x 96 and above; {@code recall-1}, {@code recall-10} and
 *     {@code recall-100} with so many answers for each label on a picture at most, {@code
 *     recall-small}, {@code recall-medium} and {@code recall-large}; {@link #NOTHING} where there
 *     is no such box to be found
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
    for (LabelPrecision label : labels) {
      for (double score : label.curves().isEmpty() ? List.<Double>of() : at50(label).scores()) {
        double f1 = labels.stream().mapToDouble(each -> f1(each, score)).sum();
        if (score > 0 && f1 > most) {
          most = f1;
          best = score;
        }
      }
    }
    return best;
  }

  private static PrecisionCurve at50(LabelPrecision label) {
    return label.curves().get(0);
  }

  private static double f1(LabelPrecision label, double score) {
    if (label.curves().isEmpty()) {
      return 0;
    }
    PrecisionCurve curve = at50(label);
    double best = 0;
    for (int i = 0; i < PrecisionCurve.POINTS; i++) {
      if (curve.scores().get(i) >= score) {
        double recall = PrecisionCurve.recall(i);
        double precision = curve.precision().get(i);
        best = 2 * precision * recall / Math.max(1e-9, precision + recall); // the last one counts
      }
    }
    return best;
  }
}
