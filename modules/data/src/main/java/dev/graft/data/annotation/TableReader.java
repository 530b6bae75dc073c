package dev.graft.data.annotation;

import dev.graft.data.CsvText;
import dev.graft.data.Part;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.MarkedPicture;
import dev.graft.data.boxes.MarkedPicture.Frame;
import dev.graft.data.boxes.MarkedPicture.Mark;
import dev.graft.error.BadDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Reads CSV tables with a row for each box, in pixels. A row that names a picture and leaves the
 * rest empty says that nothing is on it. One table, or one for each part of a split.
 */
final class TableReader {

  private static final long MOST_BYTES = 1L << 30;

  /** What a column may be called; the first name is Graft's own. */
  private enum Column {
    FILE("file", "filename", "image", "image_path", "path"),
    LABEL("label", "class", "name"),
    LEFT("left", "xmin", "x1"),
    TOP("top", "ymin", "y1"),
    RIGHT("right", "xmax", "x2"),
    BOTTOM("bottom", "ymax", "y2"),
    WIDTH("width"),
    HEIGHT("height"),
    PART("part", "split");

    private final List<String> names;

    Column(String... names) {
      this.names = List.of(names);
    }

    boolean isNeeded() {
      return ordinal() <= BOTTOM.ordinal();
    }
  }

  private final DataFolder folder;
  private final Findings findings = new Findings();

  private TableReader(DataFolder folder) {
    this.folder = folder;
  }

  /** Those tables of a folder that have the columns of boxes. */
  static List<Path> files(DataFolder folder) {
    return folder.files("csv").stream().filter(TableReader::isOfBoxes).toList();
  }

  private static boolean isOfBoxes(Path csv) {
    try {
      List<List<String>> lines = lines(csv);
      return !lines.isEmpty() && missing(columns(lines.get(0))).isEmpty();
    } catch (BadDataException e) {
      return false; // somebody else's table
    }
  }

  private static List<List<String>> lines(Path csv) {
    DataFolder.requireAtMost(csv, MOST_BYTES);
    return CsvText.lines(csv);
  }

  /** The set of these tables, whose pictures are in {@code folder}. */
  static BoxSet read(DataFolder folder, List<Path> files) {
    return new TableReader(folder).set(files);
  }

  private BoxSet set(List<Path> files) {
    findings.tell(
        "read as CSV, " + String.join(", ", files.stream().map(DataFolder::name).toList()));
    for (Path csv : files) {
      Optional<Part> part = files.size() == 1 ? Optional.empty() : folder.part(csv);
      List<List<String>> lines = lines(csv);
      Map<Column, Integer> columns = columns(lines.isEmpty() ? List.of() : lines.get(0));
      List<String> missing = missing(columns);
      if (!missing.isEmpty()) {
        throw new BadDataException(
            csv
                + " has no column "
                + String.join(" and no ", missing)
                + "; boxes need file, label, left, top, right and bottom, in pixels (or filename,"
                + " class, xmin, ymin, xmax, ymax), and may have width and height of the picture,"
                + " and its part.");
      }
      Map<String, List<Row>> byPicture = new LinkedHashMap<>();
      for (int i = 1; i < lines.size(); i++) {
        Row row = new Row("row " + i + " of " + csv, lines.get(i), columns);
        byPicture.computeIfAbsent(row.text(Column.FILE), k -> new ArrayList<>()).add(row);
      }
      byPicture.forEach((name, rows) -> add(csv, name, rows, part));
    }
    return findings.set(List.of());
  }

  private void add(Path csv, String name, List<Row> rows, Optional<Part> part) {
    Row first = rows.get(0);
    Path own = DataFolder.folder(csv);
    Path file;
    try {
      file = folder.picture(List.of(own, own.resolve("images"), folder.root()), name);
    } catch (BadDataException e) {
      findings.add(
          first.place() + " names the picture '" + name + "', " + e.getMessage(),
          "Paths count from the table's folder; correct it, or add the picture.");
      return;
    }
    try {
      List<Mark> marks = new ArrayList<>();
      for (Row row : rows) {
        row.mark().ifPresent(marks::add);
      }
      findings.add(new MarkedPicture(file, first.part().or(() -> part), first.frame(), marks, csv));
    } catch (BadDataException e) {
      findings.add(e);
    }
  }

  private static Map<Column, Integer> columns(List<String> header) {
    List<String> names =
        header.stream().map(name -> name.strip().toLowerCase(Locale.ROOT)).toList();
    Map<Column, Integer> columns = new EnumMap<>(Column.class);
    for (Column column : Column.values()) {
      column.names.stream()
          .filter(names::contains)
          .findFirst()
          .ifPresent(name -> columns.put(column, names.indexOf(name)));
    }
    return columns;
  }

  private static List<String> missing(Map<Column, Integer> columns) {
    List<String> missing = new ArrayList<>();
    for (Column column : Column.values()) {
      if (column.isNeeded() && !columns.containsKey(column)) {
        missing.add("'" + column.names.get(0) + "'");
      }
    }
    return missing;
  }

  /** A row of a table. */
  private record Row(String place, List<String> cells, Map<Column, Integer> columns) {

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
      String label = Findings.label(text(Column.LABEL), place);
      double left = number(Column.LEFT);
      double top = number(Column.TOP);
      double width = number(Column.RIGHT) - left;
      double height = number(Column.BOTTOM) - top;
      return Optional.of(new Mark(label, left, top, width, height, false));
    }

    private double number(Column column) {
      return Findings.number(text(column))
          .orElseThrow(
              () ->
                  new BadDataException(
                      place
                          + " has "
                          + (text(column).isEmpty() ? "nothing" : "'" + text(column) + "'")
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
      if (!written.isEmpty() && Part.called(written) == null) {
        throw new BadDataException(
            place + " is of the part '" + written + "'; parts are train, val and test.");
      }
      return Optional.ofNullable(Part.called(written));
    }
  }
}
