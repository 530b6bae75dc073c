package dev.graft.data.annotation;

import dev.graft.data.CsvText;
import dev.graft.data.Part;
import dev.graft.data.annotation.TableRow.Column;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.MarkedPicture;
import dev.graft.error.BadDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
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
  private static final int MOST_MISSING = 3; // columns of a table that is still meant for boxes

  private final DataFolder folder;
  private final Findings findings = new Findings();
  private final Map<String, String> labels = new HashMap<>();
  private int row; // of the table at hand
  private long rows; // of all

  private TableReader(DataFolder folder) {
    this.folder = folder;
  }

  /**
   * Those tables of a folder that have the columns of boxes; beside such also those that seem to be
   * meant for them, so that what is wrong with these is told.
   */
  static List<Path> files(DataFolder folder) {
    List<Path> tables = folder.files("csv");
    boolean areThere = tables.stream().anyMatch(csv -> isOfBoxes(csv, 0));
    return tables.stream().filter(csv -> areThere && isOfBoxes(csv, MOST_MISSING)).toList();
  }

  /** Those that are likely meant for boxes, though none of them has all columns. */
  static List<Path> meant(DataFolder folder) {
    return folder.files("csv").stream()
        .filter(
            csv ->
                CsvText.header(csv)
                    .map(CsvText::meant)
                    .filter(header -> missing(columns(header)).size() <= MOST_MISSING)
                    .isPresent())
        .toList();
  }

  private static boolean isOfBoxes(Path csv, int most) {
    return CsvText.header(csv)
        .map(header -> missing(columns(header)).size() <= most)
        .orElse(most > 0); // it may be
  }

  /** The set of these tables, whose pictures are in {@code folder}. */
  static BoxSet read(DataFolder folder, List<Path> files) {
    return new TableReader(folder).set(files);
  }

  private BoxSet set(List<Path> files) {
    findings.tell(
        "read as CSV, " + String.join(", ", files.stream().map(DataFolder::name).toList()));
    List<Path> others = folder.files("csv").stream().filter(csv -> !files.contains(csv)).toList();
    if (!others.isEmpty() && folder.files("csv").size() > others.size()) {
      findings.tell(
          others.size()
              + (others.size() == 1 ? " other table is" : " other tables are")
              + " passed over, the first "
              + others.get(0));
    }
    for (Path csv : files) {
      Optional<Part> part = folder.part(csv, files);
      read(csv).forEach((name, each) -> add(csv, name, each, part));
    }
    return findings.set(folder, List.of());
  }

  /** What a table says, by the pictures as they are written. */
  private Map<String, TableRows> read(Path csv) {
    TextFile file = folder.text(csv);
    file.requireAtMost(MOST_BYTES);
    Map<Column, Integer> columns = new EnumMap<>(Column.class);
    Map<String, TableRows> byPicture = new LinkedHashMap<>();
    row = 0;
    CsvText.each(
        csv,
        cells -> {
          if (row == 0) {
            columns.putAll(columns(cells));
            requireAll(csv, cells);
          } else {
            TableRow each = new TableRow(file, row, cells, columns);
            byPicture
                .computeIfAbsent(each.text(Column.FILE), k -> new TableRows(each))
                .add(each, labels);
            Findings.requireFewInAll(++rows, csv);
          }
          row++;
        });
    if (row == 0) {
      requireAll(csv, List.of());
    }
    return byPicture;
  }

  private void add(Path csv, String name, TableRows rows, Optional<Part> part) {
    TableRow first = rows.first();
    Path own = DataFolder.folder(csv);
    Path file;
    try {
      file = folder.picture(List.of(own, own.resolve("images"), folder.root()), name);
    } catch (BadDataException e) {
      findings.add(
          first.place() + " names the picture " + first.file().quote(name) + ", " + e.getMessage(),
          "Paths count from the table's folder; correct it, or add the picture.");
      return;
    }
    try {
      findings.add(
          new MarkedPicture(file, first.part().or(() -> part), first.frame(), rows.marks(), csv));
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

  private static void requireAll(Path csv, List<String> header) {
    List<String> missing = missing(columns(header));
    if (!missing.isEmpty()) {
      throw new BadDataException(
          csv
              + " has no column "
              + String.join(" and no ", missing)
              + "; boxes need file, label, left, top, right and bottom, in pixels (or filename,"
              + " class, xmin, ymin, xmax, ymax), and may have width and height of the picture,"
              + " and its part."
              + CsvText.hint(header));
    }
  }
}
