package dev.graft.trainer.boxes;

import dev.graft.data.boxes.Box;
import dev.graft.error.Internal;
import dev.graft.model.BoxFormat;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Boxes as a model answers them for several pictures: under the names of TensorFlow's detection
 * models, as shares of the picture, padded.
 */
@Internal
public final class Detections {

  private final int most;
  private final float[] corners; // top, left, bottom, right of each
  private final float[] sure;
  private final float[] kinds; // labels, counted from 0
  private final int[] counts;

  private Detections(
      TensorValue boxes, TensorValue scores, TensorValue labels, TensorValue number) {
    this.most = (int) scores.shape().dim(1);
    this.corners = boxes.floats();
    this.sure = scores.floats();
    this.kinds = labels.floats();
    this.counts = number.ints();
  }

  /** Those among the outputs of a model. */
  public static Detections of(Map<String, TensorValue> outputs) {
    return new Detections(
        output(outputs, BoxFormat.BOXES),
        output(outputs, BoxFormat.SCORES),
        output(outputs, BoxFormat.LABELS),
        output(outputs, BoxFormat.COUNTS));
  }

  private static TensorValue output(Map<String, TensorValue> outputs, String name) {
    return Objects.requireNonNull(outputs.get(name), name);
  }

  /**
   * Whether all on picture {@code i} are somewhere, and have a score. What has none counts as none,
   * so scores are looked at behind the last, too.
   */
  public boolean areNumbers(int i) {
    int first = i * most;
    return IntStream.range(first, first + most).noneMatch(j -> Float.isNaN(sure[j]))
        && IntStream.range(4 * first, 4 * (first + counts[i]))
            .noneMatch(j -> Float.isNaN(corners[j]));
  }

  /** Those on picture {@code i}, in pixels of one of that size, the surest first. */
  public List<Detection> on(int i, double width, double height) {
    int count = counts[i];
    List<Detection> found = new ArrayList<>(count);
    for (int j = i * most; j < i * most + count; j++) {
      double top = corners[4 * j] * height;
      double left = corners[4 * j + 1] * width;
      double down = corners[4 * j + 2] * height - top;
      double across = corners[4 * j + 3] * width - left;
      found.add(new Detection(new Box((int) kinds[j], left, top, across, down, false), sure[j]));
    }
    return found;
  }
}
