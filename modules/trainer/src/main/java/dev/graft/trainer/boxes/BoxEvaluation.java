package dev.graft.trainer.boxes;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.Internal;
import java.util.List;
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
@Internal
public record BoxEvaluation(int count, Map<String, Double> metrics, List<LabelPrecision> labels) {

  /** The value of a metric where there is nothing to be found. */
  public static final double NOTHING = -1;

  public BoxEvaluation {
    metrics = ImmutableMap.copyOf(metrics);
    labels = ImmutableList.copyOf(labels);
  }
}
