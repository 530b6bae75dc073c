package dev.graft.trainer.metric;

import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import java.util.List;

/**
 * A figure that says how well a goal's heads answer, made of sums over examples. The graph computes
 * the sums of a batch; those of several batches are added up. All examples count alike, and so do
 * all positions where a head answers at several.
 */
@Internal
public interface Metric {

  /** The name by which recipes and reports know it, such as {@code accuracy}. */
  String name();

  /** Adds the sums of a batch to its graph. */
  List<TensorRef> sums(Judged batch);

  /** Returns the figure for the sums of all batches, in the order of {@link #sums}. */
  double of(List<double[]> sums);

  /** Whether less of it is better, as of an error. */
  default boolean isSmallerBetter() {
    return false;
  }

  /** Returns all numbers of a sum, added up. */
  static double total(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }
}
