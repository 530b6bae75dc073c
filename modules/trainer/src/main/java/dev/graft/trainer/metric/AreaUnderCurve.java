package dev.graft.trainer.metric;

import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import java.util.List;
import java.util.stream.IntStream;
import org.tensorflow.proto.DataType;

/**
 * The area under the ROC curve of each label, and of those the mean: as Keras' {@code AUC} computes
 * it, by trapezoids between {@value #THRESHOLDS} thresholds.
 */
final class AreaUnderCurve implements Metric {

  /** Thresholds of the curve, evenly spaced from 0 to 1; Keras' default. */
  private static final int THRESHOLDS = 200;

  /** With more labels than this no curve is drawn for each. */
  static final int MOST_LABELS = 100;

  @Override
  public String name() {
    return "auc";
  }

  /**
   * For each label and each stretch between thresholds, how many examples have it, and have not.
   */
  @Override
  public List<TensorRef> sums(Judged batch) {
    LabelMarks marks = LabelMarks.of(batch);
    Scope g = batch.scope();
    int units = batch.head().units();
    TensorRef shares = marks.shares();
    // as Keras does it: a share lies in stretch ceil(share * 199) - 1, where 0 counts as the first
    TensorRef scaled = g.add("Mul", shares, g.scalarLike(shares, THRESHOLDS - 1));
    TensorRef stretch = g.add("Relu", g.add("Sub", g.add("Ceil", scaled), g.scalarLike(shares, 1)));
    int[] first = IntStream.range(0, units).map(i -> i * THRESHOLDS).toArray();
    TensorRef bin = g.add("AddV2", g.cast(stretch, DataType.DT_INT32), g.ints(first));
    TensorRef bins = g.add("Reshape", bin, g.ints(-1));
    // whole numbers: added one by one, floats stay at 2^24
    TensorRef positive = g.cast(g.add("Reshape", marks.holds(), g.ints(-1)), DataType.DT_INT32);
    TensorRef negative = g.add("Sub", g.scalar(1), positive);
    TensorRef count = g.scalar(units * THRESHOLDS);
    return List.of(
        g.add("UnsortedSegmentSum", positive, bins, count),
        g.add("UnsortedSegmentSum", negative, bins, count));
  }

  @Override
  public double of(List<double[]> sums) {
    double[] positive = sums.get(0);
    double[] negative = sums.get(1);
    int units = positive.length / THRESHOLDS;
    double areas = 0;
    for (int label = 0; label < units; label++) {
      int from = label * THRESHOLDS;
      double positives = 0;
      double negatives = 0;
      double area = 0;
      for (int i = THRESHOLDS - 1; i >= 0; i--) {
        area += negative[from + i] * (positives + positive[from + i] / 2);
        positives += positive[from + i];
        negatives += negative[from + i];
      }
      areas += positives == 0 || negatives == 0 ? 0 : area / (positives * negatives);
    }
    return areas / units;
  }
}
