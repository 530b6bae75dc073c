package dev.graft.trainer.boxes;

import dev.graft.data.boxes.Box;
import dev.graft.error.Internal;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Boxes as a model answers them for several pictures: under the names of TensorFlow's detection
 * models, as shares of the picture, padded.
 *
 * @param boxes float32 [N, most, 4]: top, left, bottom, right
 * @param scores float32 [N, most]
 * @param labels float32 [N, most], counted from 0
 * @param counts int32 [N], how many of them there are
 */
@Internal
public record Detections(
    TensorValue boxes, TensorValue scores, TensorValue labels, TensorValue counts) {

  /** Those among the outputs of a model. */
  public static Detections of(Map<String, TensorValue> outputs) {
    return new Detections(
        output(outputs, "detection_boxes"),
        output(outputs, "detection_scores"),
        output(outputs, "detection_classes"),
        output(outputs, "num_detections"));
  }

  private static TensorValue output(Map<String, TensorValue> outputs, String name) {
    return Objects.requireNonNull(outputs.get(name), name);
  }

  /** Those on picture {@code i}, in pixels of one of that size, the surest first. */
  public List<Detection> on(int i, double width, double height) {
    int most = (int) scores.shape().dim(1);
    float[] corners = boxes.floats();
    float[] sure = scores.floats();
    float[] kinds = labels.floats();
    int count = counts.ints()[i];
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
