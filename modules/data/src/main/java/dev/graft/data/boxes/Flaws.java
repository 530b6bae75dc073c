package dev.graft.data.boxes;

import com.google.common.collect.ImmutableList;
import dev.graft.data.boxes.MarkedPicture.Bounds;
import dev.graft.data.boxes.MarkedPicture.Mark;
import dev.graft.words.Note;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Mends what is drawn wrongly, or leaves it out, and counts how often. */
final class Flaws {

  private static final double THINNEST = .1; // of a box, in pixels
  private static final double ROUNDING = 1; // pixels that nobody needs to hear of

  /** What may be wrong with a box, and what is done then. */
  private enum Flaw {
    SWAPPED(
        "had swapped corners and was turned round", "had swapped corners and were turned round"),
    CUT("reaches beyond its picture and was cut", "reach beyond their pictures and were cut"),
    OUTSIDE(
        "lies outside its picture and was left out",
        "lie outside their pictures and were left out"),
    EMPTY("has no area and was left out", "have no area and were left out"),
    DOUBLED("stands twice and was taken once", "stand twice and were taken once");

    private final String one;
    private final String several;

    Flaw(String one, String several) {
      this.one = one;
      this.several = several;
    }
  }

  private final Map<Flaw, Integer> counts = new EnumMap<>(Flaw.class);
  private final Map<Flaw, Path> first = new EnumMap<>(Flaw.class);

  /**
   * The marks of a picture that are boxes in it.
   *
   * @param place what says them
   */
  List<Mark> mended(List<Mark> marks, PictureHeader header, Path place) {
    List<Mark> good = new ArrayList<>();
    Set<Mark> seen = new HashSet<>();
    for (Mark written : marks) {
      Bounds drawn = ordered(written.bounds(), place);
      Bounds cut = cut(drawn, header.shownWidth(), header.shownHeight());
      Mark mark = written.at(cut);
      if (thickness(drawn) < THINNEST) {
        count(Flaw.EMPTY, place);
      } else if (thickness(cut) < THINNEST) {
        count(Flaw.OUTSIDE, place);
      } else if (!seen.add(mark.bare())) {
        count(Flaw.DOUBLED, place);
      } else {
        if (distance(drawn, cut) > ROUNDING) {
          count(Flaw.CUT, place);
        }
        good.add(mark);
      }
    }
    return good;
  }

  private Bounds ordered(Bounds drawn, Path place) {
    if (drawn.width() >= 0 && drawn.height() >= 0) {
      return drawn;
    }
    count(Flaw.SWAPPED, place);
    return new Bounds(
        Math.min(drawn.left(), drawn.right()),
        Math.min(drawn.top(), drawn.bottom()),
        Math.abs(drawn.width()),
        Math.abs(drawn.height()));
  }

  private static Bounds cut(Bounds drawn, int width, int height) {
    boolean isInside =
        drawn.left() >= 0 && drawn.top() >= 0 && drawn.right() <= width && drawn.bottom() <= height;
    double left = within(drawn.left(), width);
    double top = within(drawn.top(), height);
    return isInside
        ? drawn
        : new Bounds(
            left, top, within(drawn.right(), width) - left, within(drawn.bottom(), height) - top);
  }

  private static double within(double value, int most) {
    return Math.max(0, Math.min(value, most)); // of -0 0
  }

  private static double thickness(Bounds drawn) {
    return Math.min(drawn.width(), drawn.height());
  }

  private static double distance(Bounds a, Bounds b) {
    return Math.max(
        Math.max(Math.abs(a.left() - b.left()), Math.abs(a.top() - b.top())),
        Math.max(Math.abs(a.right() - b.right()), Math.abs(a.bottom() - b.bottom())));
  }

  private void count(Flaw flaw, Path place) {
    counts.merge(flaw, 1, Integer::sum);
    first.putIfAbsent(flaw, place);
  }

  /** What was found, a sentence for each kind. */
  List<Note> notes() {
    ImmutableList.Builder<Note> notes = ImmutableList.builder();
    counts.forEach(
        (flaw, count) ->
            notes.add(
                Note.of(
                    count
                        + (count == 1 ? " box " + flaw.one : " boxes " + flaw.several)
                        + (count == 1 ? ": " : ", the first in ")
                        + first.get(flaw))));
    return notes.build();
  }
}
