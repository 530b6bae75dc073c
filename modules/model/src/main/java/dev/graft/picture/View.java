package dev.graft.picture;

import dev.graft.error.Internal;

/**
 * One way to look at a picture that teaches the same: nearer or farther, at another place,
 * mirrored, in other light. What lies outside the picture then has its mean colour. Values are as
 * {@link ViewGraph} computes them.
 *
 * @param zoom how much larger everything is; below 1 there is an edge around the picture
 * @param left where its left edge comes to lie, as a share of the width
 * @param top where its upper edge comes to lie, as a share of the height
 * @param mirrored whether left and right change places, after all this
 * @param upsideDown whether up and down do
 * @param light what becomes of the colours
 */
@Internal
public record View(
    double zoom, double left, double top, boolean mirrored, boolean upsideDown, Light light) {

  /** How many {@link #numbers} there are. */
  public static final int NUMBERS = 10;

  /** The picture as it is. */
  public static final View PLAIN = new View(1, 0, 0, false, false, Light.PLAIN);

  /**
   * What becomes of colours in 0..255.
   *
   * @param contrast what the distance from the mean is multiplied by
   * @param brightness what is added
   * @param red what that channel is multiplied by in the end
   * @param green as {@code red}
   * @param blue as {@code red}
   */
  public record Light(double contrast, double brightness, double red, double green, double blue) {

    /** As it is. */
    public static final Light PLAIN = new Light(1, 0, 1, 1, 1);
  }

  /** The view as a row of numbers, in which the graph takes it. */
  public float[] numbers() {
    return new float[] {
      (float) zoom,
      (float) top,
      (float) left,
      upsideDown ? 1 : 0,
      mirrored ? 1 : 0,
      (float) light.contrast,
      (float) light.brightness,
      (float) light.red,
      (float) light.green,
      (float) light.blue
    };
  }

  /** Where something {@code across} the picture comes to lie, both as shares of the width. */
  public double x(double across) {
    double moved = zoom * across + left;
    return mirrored ? 1 - moved : moved;
  }

  /** Where something {@code down} the picture comes to lie, both as shares of the height. */
  public double y(double down) {
    double moved = zoom * down + top;
    return upsideDown ? 1 - moved : moved;
  }
}
