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
 * @param area how many pixels it counts for where boxes are scored by size: those within its
 *     outline, if the data say how many, or else all
 */
@Internal
public record Box(
    int label, double left, double top, double width, double height, boolean crowd, double area) {

  /** One of which no outline is known. */
  public Box(int label, double left, double top, double width, double height, boolean crowd) {
    this(label, left, top, width, height, crowd, width * height);
  }

  /** The larger x. */
  public double right() {
    return left + width;
  }

  /** The larger y. */
  public double bottom() {
    return top + height;
  }

  /** All pixels that are in it. */
  public double pixels() {
    return width * height;
  }
}
