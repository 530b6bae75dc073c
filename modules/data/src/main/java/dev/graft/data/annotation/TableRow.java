package dev.graft.data.annotation;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Part;
import dev.graft.data.boxes.MarkedPicture.Bounds;
import dev.graft.data.boxes.MarkedPicture.Frame;
import dev.graft.data.boxes.MarkedPicture.Mark;
import dev.graft.error.BadDataException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A row of a table of boxes.
 *
 * @param file the table
 * @param number counts from 1 for the first below the header
 */
record TableRow(TextFile file, int number, List<String> cells, Map<Column, Integer> columns) {

  TableRow {
    cells = ImmutableList.copyOf(cells);
    columns = ImmutableMap.copyOf(columns);
  }

  /** What a column may be called; the first name is Graft's own. */
  enum Column {
    FILE("file", "filename", "image", "image_path", "path"),
    LABEL("label", "class", "name"),
    LEFT("left", "xmin", "x1"),
    TOP("top", "ymin", "y1"),
    RIGHT("right", "xmax", "x2"),
    BOTTOM("bottom", "ymax", "y2"),
    WIDTH("width"),
    HEIGHT("height"),
    PART("part", "split");

    final ImmutableList<String> names;

    Column(String... names) {
      this.names = ImmutableList.copyOf(names);
    }

    boolean isNeeded() {
      return ordinal() <= BOTTOM.ordinal();
    }
  }

  String place() {
    return "row " + number + " of " + file;
  }

  String text(Column column) {
    Integer at = columns.get(column);
    return at == null || at >= cells.size() ? "" : cells.get(at).strip();
  }

  /** None of a picture with nothing on it. */
  Optional<Mark> mark() {
    boolean isBare = text(Column.LABEL).isEmpty();
    for (Column column : List.of(Column.LEFT, Column.TOP, Column.RIGHT, Column.BOTTOM)) {
      isBare &= text(column).isEmpty();
    }
    if (isBare) {
      return Optional.empty();
    }
    String label = Findings.label(text(Column.LABEL), place());
    double left = number(Column.LEFT);
    double top = number(Column.TOP);
    double width = number(Column.RIGHT) - left;
    double height = number(Column.BOTTOM) - top;
    return Optional.of(new Mark(label, new Bounds(left, top, width, height), false));
  }

  private double number(Column column) {
    String text = text(column);
    return Findings.number(text)
        .orElseThrow(
            () ->
                new BadDataException(
                    place()
                        + " has "
                        + (text.isEmpty() ? "nothing" : file.quote(text))
                        + " in column '"
                        + column.names.get(0)
                        + "'; write a number of pixels there."));
  }

  Frame frame() {
    return Frame.pixels(
        Findings.number(text(Column.WIDTH)).orElse(0),
        Findings.number(text(Column.HEIGHT)).orElse(0));
  }

  Optional<Part> part() {
    String written = text(Column.PART);
    Part part = DataFolder.called(written);
    if (!written.isEmpty() && part == null) {
      throw new BadDataException(
          place() + " is of the part " + file.quote(written) + "; parts are train, val and test.");
    }
    return Optional.ofNullable(part);
  }

  /**
   * Fails where a later row of the same picture says something else of it.
   *
   * @throws BadDataException saying what
   */
  void requireSame(TableRow later) {
    for (Column column : List.of(Column.WIDTH, Column.HEIGHT, Column.PART)) {
      if (!text(column).equals(later.text(column))) {
        throw new BadDataException(
            place()
                + " and "
                + later.place()
                + " say different things of one picture in column '"
                + column.names.get(0)
                + "'; correct one of them.");
      }
    }
  }
}
