package dev.graft.trainer.boxes;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;

/**
 * How well the boxes of one label are found.
 *
 * @param label which
 * @param count how many boxes are of it, crowds apart
 * @param metrics as in {@link BoxEvaluation}, of this label alone
 * @param curves one for each overlap from .5 to .95; none if no box is of this label
 */
public record LabelPrecision(
    String label, int count, Map<String, Double> metrics, List<PrecisionCurve> curves) {
  public LabelPrecision {
    metrics = ImmutableMap.copyOf(metrics);
    curves = ImmutableList.copyOf(curves);
  }
}
