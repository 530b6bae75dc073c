package dev.graft.internal.boxes;

/**
 * A size of pictures.
 *
 * @param height rows
 * @param width columns
 */
public record BoxSize(int height, int width) {

  double pixels() {
    return (double) height * width;
  }
}
