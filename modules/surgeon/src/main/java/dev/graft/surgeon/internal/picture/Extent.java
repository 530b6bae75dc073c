package dev.graft.surgeon.internal.picture;

/** How a tensor's shape depends on the size of the pictures, at one size and at another. */
sealed interface Extent {

  /** Rows and columns, [N, height, width, ...]; -1 if not known. */
  record Grid(long oldHeight, long oldWidth, long height, long width) implements Extent {
    boolean isUnchanged() {
      return oldHeight == height && oldWidth == width;
    }
  }

  /** One row of positions, [N, count, ...]. */
  record Line(long oldCount, long count) implements Extent {}

  /**
   * The examples' positions one below the other, [N * positions, ...], as a dense layer has them.
   */
  record Folded(Extent positions) implements Extent {}

  /** In some way that the graph itself follows while it runs. */
  record Loose() implements Extent {}
}
