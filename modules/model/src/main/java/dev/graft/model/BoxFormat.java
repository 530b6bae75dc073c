package dev.graft.model;

import dev.graft.error.Internal;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;

/**
 * How a head for boxes answers, for whoever makes one, teaches it or reads it: first raw, with
 * numbers for each cell of a map, then as boxes under the names of TensorFlow's detection models.
 */
@Internal
public final class BoxFormat {

  /** How many pixels a cell is wide. */
  public static final int CELL = 8;

  /** How many numbers a cell has behind those of the labels: left, up, right, down. */
  public static final int SIDES = 4;

  /** How many boxes of a picture are answered at most: as many as COCO's measure looks at. */
  public static final int MOST = 100;

  /** The output of boxes, float32 [N, most, 4]: top, left, bottom, right as shares. */
  public static final String BOXES = "detection_boxes";

  /** The output of scores, float32 [N, most]. */
  public static final String SCORES = "detection_scores";

  /** The output of labels, float32 [N, most], counted from 0. */
  public static final String LABELS = "detection_classes";

  /** The output that says how many boxes there are, int32 [N]. */
  public static final String COUNTS = "num_detections";

  private static final float SMALLEST = -4; // beyond these nothing is a box
  private static final float LARGEST = 5;

  private BoxFormat() {}

  /** Adds how many cells a box reaches, from the logarithms that the raw answer holds. */
  public static TensorRef reach(Scope g, TensorRef raw) {
    TensorRef bounded =
        g.add("Minimum", g.add("Maximum", raw, g.scalar(SMALLEST)), g.scalar(LARGEST));
    return g.add("Exp", bounded);
  }
}
