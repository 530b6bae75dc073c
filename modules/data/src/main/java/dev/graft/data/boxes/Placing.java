package dev.graft.data.boxes;

import dev.graft.data.boxes.MarkedPicture.Bounds;
import dev.graft.data.boxes.MarkedPicture.Frame;
import dev.graft.data.boxes.MarkedPicture.Mark;
import dev.graft.words.Note;
import java.util.List;
import java.util.Optional;

/**
 * Brings marks into the picture as it is shown. Annotations count in pixels of the picture as its
 * file stores it, or as a program showed it that knows EXIF orientations; the size that they state
 * tells which. Where it does not (an upside down picture has the same), the other pictures of the
 * set do, also by boxes of a picture without a stated size that lie in one of the two only. Where
 * these tell nothing either, the marks are those of the stored picture. A size that is larger or
 * smaller in the same shape is that of a copy, and the marks are scaled.
 */
final class Placing {

  private static final double ROUNDING = 1; // pixels that a box may be outside

  private final boolean shownInDoubt;
  private final int untold; // pictures, where nothing tells

  private Placing(boolean shownInDoubt, int untold) {
    this.shownInDoubt = shownInDoubt;
    this.untold = untold;
  }

  /** For a set of pictures, of which all have a say. */
  static Placing of(List<MarkedPicture> pictures, List<PictureHeader> headers) {
    int shown = 0;
    int stored = 0;
    int doubted = 0;
    for (int i = 0; i < headers.size(); i++) {
      MarkedPicture picture = pictures.get(i);
      PictureHeader header = headers.get(i);
      Frame frame = picture.frame();
      if (header.orientation() > 1 && !frame.shown()) {
        boolean known = frame.isKnown();
        boolean mayBeStored =
            known
                ? isStored(frame, header)
                : areWithin(picture.marks(), header.width(), header.height());
        boolean mayBeShown =
            known
                ? isShown(frame, header)
                : areWithin(picture.marks(), header.shownWidth(), header.shownHeight());
        shown += mayBeShown && !mayBeStored ? 1 : 0;
        stored += mayBeStored && !mayBeShown ? 1 : 0;
        doubted += mayBeShown == mayBeStored && !picture.marks().isEmpty() ? 1 : 0;
      }
    }
    return new Placing(shown > stored, shown == stored ? doubted : 0);
  }

  private static boolean areWithin(List<Mark> marks, int width, int height) {
    return marks.stream().allMatch(mark -> mark.bounds().areWithin(width, height, ROUNDING));
  }

  /** Says where nothing tells which picture is meant. */
  List<Note> notes() {
    return untold == 0
        ? List.of()
        : List.of(
            Note.of(
                "nothing tells whether the boxes of "
                    + untold
                    + (untold == 1 ? " picture" : " pictures")
                    + " with an EXIF orientation were drawn on the picture as it is stored or as"
                    + " it is shown; as it is stored was taken for granted"));
  }

  private static boolean isStored(Frame frame, PictureHeader header) {
    return frame.equals(header.width(), header.height())
        || frame.isLike(header.width(), header.height())
            && !frame.equals(header.shownWidth(), header.shownHeight());
  }

  private static boolean isShown(Frame frame, PictureHeader header) {
    return frame.equals(header.shownWidth(), header.shownHeight())
        || frame.isLike(header.shownWidth(), header.shownHeight())
            && !frame.equals(header.width(), header.height());
  }

  /** Whether the marks of {@code frame} were made on the picture as it is shown. */
  private boolean isOfShown(Frame frame, PictureHeader header) {
    if (frame.shown() || !frame.isKnown()) {
      return frame.shown() || shownInDoubt;
    }
    return isShown(frame, header) && (shownInDoubt || !isStored(frame, header));
  }

  /** Where marks of one picture lie when it is shown; empty if they belong to no such picture. */
  Optional<Place> of(Frame frame, PictureHeader header) {
    boolean shown = isOfShown(frame, header);
    double width = shown ? header.shownWidth() : header.width();
    double height = shown ? header.shownHeight() : header.height();
    if (!frame.isKnown()) {
      return Optional.of(new Place(1, 1, shown ? 1 : header.orientation(), header));
    }
    if (!frame.shown() && !isShown(frame, header) && !isStored(frame, header)) {
      return Optional.empty();
    }
    return Optional.of(
        new Place(
            width / frame.width(),
            height / frame.height(),
            shown ? 1 : header.orientation(),
            header));
  }

  /**
   * What is done to the marks of a picture.
   *
   * @param x what each x is multiplied by
   * @param y what each y is multiplied by
   * @param orientation how they are turned then, 1 to 8
   * @param header the picture's
   */
  record Place(double x, double y, int orientation, PictureHeader header) {

    /** Whether the picture is another size than its annotations say. */
    boolean isScaled(Frame frame) {
      return frame.isKnown() && !frame.shown() && (x != 1 || y != 1);
    }

    Mark of(Mark mark) {
      return mark.at(of(mark.bounds()));
    }

    private Bounds of(Bounds drawn) {
      double left = drawn.left() * x;
      double top = drawn.top() * y;
      double width = drawn.width() * x;
      double height = drawn.height() * y;
      double fromRight = header.width() - left - width;
      double fromBottom = header.height() - top - height;
      return switch (orientation) {
        case 2 -> new Bounds(fromRight, top, width, height);
        case 3 -> new Bounds(fromRight, fromBottom, width, height);
        case 4 -> new Bounds(left, fromBottom, width, height);
        case 5 -> new Bounds(top, left, height, width);
        case 6 -> new Bounds(fromBottom, left, height, width);
        case 7 -> new Bounds(fromBottom, fromRight, height, width);
        case 8 -> new Bounds(top, fromRight, height, width);
        default -> new Bounds(left, top, width, height);
      };
    }
  }
}
