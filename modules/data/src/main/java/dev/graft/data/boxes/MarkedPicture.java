package dev.graft.data.boxes;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Part;
import dev.graft.error.Internal;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A picture as annotations speak of it.
 *
 * @param file where it is
 * @param part the part that it was put in, if anything says so
 * @param frame what its coordinates are counted in
 * @param marks what is said to be on it
 * @param place the file that says it, for messages
 */
@Internal
public record MarkedPicture(
    Path file, Optional<Part> part, Frame frame, List<Mark> marks, Path place) {
  public MarkedPicture {
    marks = ImmutableList.copyOf(marks);
  }

  /** The same in a part. */
  public MarkedPicture in(Optional<Part> other) {
    return new MarkedPicture(file, other, frame, marks, place);
  }

  /** How many marks a picture may have. */
  public static final int MOST_MARKS = 5_000;

  /**
   * A box as it was written.
   *
   * @param label what it is, by name
   * @param bounds where it is
   * @param crowd whether it stands for many
   * @param area how large a part of it is within the outline, in its own unit, if that is written
   */
  public record Mark(String label, Bounds bounds, boolean crowd, OptionalDouble area) {

    /** One without an outline. */
    public Mark(String label, Bounds bounds, boolean crowd) {
      this(label, bounds, crowd, OptionalDouble.empty());
    }

    /** The same elsewhere, or of another size, of which the outline takes as large a share. */
    Mark at(Bounds other) {
      double before = bounds.pixels();
      OptionalDouble now =
          area.isEmpty() || before == 0
              ? area
              : OptionalDouble.of(area.getAsDouble() * (other.pixels() / before));
      return new Mark(label, other, crowd, now);
    }

    /** The same without its outline. */
    Mark bare() {
      return new Mark(label, bounds, crowd);
    }
  }

  /**
   * Where a box was written to be: maybe with swapped corners, or outside.
   *
   * @param left the x of a corner
   * @param top the y of that corner
   * @param width how far the opposite corner is to the right; below 0 if it is to the left
   * @param height how far the opposite corner is further down; below 0 if it is further up
   */
  public record Bounds(double left, double top, double width, double height) {

    double right() {
      return left + width;
    }

    double bottom() {
      return top + height;
    }

    double pixels() {
      return Math.abs(width * height);
    }

    /** Whether both corners are in a picture of this size, or no further outside than that. */
    boolean areWithin(double w, double h, double outside) {
      return Math.min(left, right()) >= -outside
          && Math.min(top, bottom()) >= -outside
          && Math.max(left, right()) <= w + outside
          && Math.max(top, bottom()) <= h + outside;
    }
  }

  /**
   * The size of the picture in the unit of its marks.
   *
   * @param width 0 if nothing is said: the marks are pixels then, as the file stores them
   * @param height likewise
   * @param shown whether the marks are of the picture as it is shown; if not, its size tells
   */
  public record Frame(double width, double height, boolean shown) {
    /** Pixels of a picture of which no size is told. */
    public static final Frame UNKNOWN = new Frame(0, 0, false);

    /** Shares of the picture as it is shown, from 0 to 1. */
    public static final Frame SHARES = new Frame(1, 1, true);

    /** Pixels of a picture that is said to be so large. */
    public static Frame pixels(double width, double height) {
      return width > 0 && height > 0 ? new Frame(width, height, false) : UNKNOWN;
    }

    boolean isKnown() {
      return width > 0;
    }

    boolean equals(double w, double h) {
      return width == w && height == h;
    }

    /** Whether it has the same shape, up to the rounding of a smaller copy. */
    boolean isLike(double w, double h) {
      return Math.abs(width * h - height * w) <= ROUNDING * width * h;
    }

    private static final double ROUNDING = .02;
  }
}
