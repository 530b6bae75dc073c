package dev.graft.trainer.boxes;

import dev.graft.data.boxes.Box;

/** COCO's ranges of areas in square pixels, of the outline if that is known; ends included. */
enum AreaRange {
  ALL("", 0, 1e10),
  SMALL("-small", 0, 32 * 32),
  MEDIUM("-medium", 32 * 32, 96 * 96),
  LARGE("-large", 96 * 96, 1e10);

  private final String suffix;
  private final double least;
  private final double most;

  AreaRange(String suffix, double least, double most) {
    this.suffix = suffix;
    this.least = least;
    this.most = most;
  }

  /** What the names of its figures end with. */
  String suffix() {
    return suffix;
  }

  boolean holds(Box box) {
    return box.area() >= least && box.area() <= most;
  }
}
