package dev.graft.trainer;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.boxes.BoxSet;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** A model that is said to find boxes, to plan with: what it answers has not their form. */
public final class SmallBoxes {

  private static final int COLUMNS = BoxSet.Column.values().length;

  private SmallBoxes() {}

  /** The head of {@link SmallTraining#MODEL} as one for boxes. */
  public static Head head() {
    Head of = SmallTraining.MODEL.heads().get(0);
    Optional<Labels> labels = Optional.of(Labels.of("a", "b"));
    return new Head(
        "boxes", Head.Kind.BOXES, labels, of.features(), of.logits(), of.output(), of.units());
  }

  public static Model detector(Head head) {
    return SmallTraining.MODEL.toBuilder().heads(ImmutableList.of(head)).build();
  }

  /** Two pictures, each with so many boxes as large as a quarter of it. */
  public static Dataset drawn(int boxes) {
    float[] values = new float[2 * boxes * COLUMNS];
    for (int at = 0; at < values.length; at += COLUMNS) {
      values[at + BoxSet.Column.RIGHT.ordinal()] = 0.5f;
      values[at + BoxSet.Column.BOTTOM.ordinal()] = 0.5f;
    }
    int[] counts = new int[2];
    Arrays.fill(counts, boxes);
    return Dataset.of(
        Map.of("x", TensorValue.of(Shape.of(2, 8, 8, 3), new float[2 * 8 * 8 * 3])),
        Answers.padded(TensorValue.of(Shape.of(2, boxes, COLUMNS), values), counts));
  }
}
