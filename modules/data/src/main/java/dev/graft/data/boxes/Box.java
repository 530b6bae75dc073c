package dev.graft.data.boxes;

import dev.graft.error.Internal;

/**
 * Where something is in a picture as it is shown, turned as its EXIF orientation says. Coordinates
 * are pixels from the left upper corner, of edges: the whole of a picture is 0, 0, width, height.
 * Sides are kept, not the far corner, as COCO does: figures equal its own to the bit so.
 *
 * @param label the index of what it is
 * @param left the smaller x
 * @param top the smaller y
 * @param width columns
 * @param height rows
 * @param crowd whether it stands for many that nobody counted
 */
@Internal
public record Box(int label, double left, double top, double width, double height, boolean crowd) {

  /** The larger x. */
  public double right() {
    return left + width;
  }

  /** The larger y. */
  public double bottom() {
    return top + height;
  }

  /** Pixels. */
  public double area() {
    return width * height;
  }
}
