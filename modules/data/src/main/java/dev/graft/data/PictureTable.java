package dev.graft.data;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.model.Labels;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.words.Remedy;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A CSV file that says of each picture more than one folder name could: attributes, numbers, or
 * answers to several questions. Its first line names the columns; the column {@code file} has the
 * pictures' paths, seen from the folder that holds the table.
 *
 * <pre>{@code
 * file,round,striped
 * ball.jpg,1,0
 * zebra.jpg,0,1
 * }</pre>
 */
public final class PictureTable {

  private static final String FILE = "file";
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");
  static final Pattern WHOLE = Pattern.compile("(0|[1-9]\\d{0,8})(?:\\.0+)?");

  private final Path csv;
  private final ImmutableList<String> columns;
  private final List<List<String>> rows;

  private PictureTable(Path csv, ImmutableList<String> columns, List<List<String>> rows) {
    this.csv = csv;
    this.columns = columns;
    this.rows = rows;
  }

  /**
   * Reads a table. The pictures are not looked at yet.
   *
   * @param csv UTF-8, with or without a byte order mark, commas between columns, {@code "} around
   *     what holds one
   * @throws BadDataException if it cannot be read, has no column {@code file}, no other column or
   *     no row, or a row has more or fewer values than there are columns
   */
  public static PictureTable read(Path csv) {
    requireNonNull(csv, "csv");
    List<List<String>> lines = CsvText.lines(csv);
    if (lines.isEmpty()) {
      throw new BadDataException(csv + " is empty; its first line names the columns.");
    }
    ImmutableList<String> columns = ImmutableList.copyOf(lines.get(0));
    if (!columns.contains(FILE) || new HashSet<>(columns).size() < columns.size()) {
      throw new BadDataException(
          csv
              + " has the columns "
              + columns
              + "; they need different names, and one, 'file', holds the pictures' paths."
              + CsvText.hint(columns));
    }
    if (columns.size() < 2 || lines.size() < 2) {
      throw new BadDataException(
          csv + " says nothing of any picture; it needs a row for each, and a column to learn.");
    }
    for (int i = 1; i < lines.size(); i++) {
      if (lines.get(i).size() != columns.size()) {
        throw new BadDataException(
            at(csv, i)
                + " has "
                + lines.get(i).size()
                + " values for "
                + columns.size()
                + " columns; correct the row or take it out.");
      }
    }
    return new PictureTable(csv, columns, lines.subList(1, lines.size()));
  }

  /** The columns that may be learned: all but {@code file}, in their order. */
  public List<String> columns() {
    return columns.stream()
        .filter(column -> !column.equals(FILE))
        .collect(ImmutableList.toImmutableList());
  }

  /**
   * The pictures with the answers for the only head of a model.
   *
   * @throws BadDataException if pictures are not there or are none; the message names ten of these,
   *     and says how many there are
   */
  public Dataset with(Answers answers) {
    return with(Map.of(Batch.ONLY, answers));
  }

  /**
   * The pictures with answers for several heads, by the heads' names.
   *
   * @throws BadDataException if pictures are not there or are none; the message names ten of these,
   *     and says how many there are
   */
  public Dataset with(Map<String, Answers> answers) {
    Path folder = csv.toAbsolutePath().getParent();
    List<Path> files = new ArrayList<>();
    List<String> names = column(FILE);
    UnfitFiles unfit = new UnfitFiles();
    for (int i = 0; i < names.size(); i++) {
      Path file = file(folder, names.get(i));
      if (file == null || !Files.exists(file) || Files.isDirectory(file)) {
        unfit.add(
            at(csv, i + 1) + " names the picture '" + names.get(i) + "', which is not there",
            "Paths count from the table's folder.");
      } else {
        files.add(file);
      }
    }
    unfit.check(files);
    unfit.throwIfAny();
    return new Dataset(new ImageFiles(files), answers);
  }

  /** None where this machine has no file of such a name, as with a '?' on Windows. */
  private static @Nullable Path file(@Nullable Path folder, String name) {
    try {
      return folder == null ? Path.of(name) : folder.resolve(name);
    } catch (InvalidPathException e) {
      return null;
    }
  }

  /**
   * One label for each picture: the text in this column, labels in alphabetical order; whole
   * numbers in theirs.
   */
  public Answers oneOf(String column) {
    List<String> values = column(column).stream().map(PictureTable::label).toList();
    TreeSet<String> names =
        new TreeSet<>(
            values.stream().allMatch(value -> WHOLE.matcher(value).matches())
                ? Comparator.comparingInt(Integer::parseInt)
                : Comparator.naturalOrder());
    names.addAll(values);
    if (values.contains("")) {
      throw new BadDataException(
          at(csv, values.indexOf("") + 1)
              + " is without a label in column '"
              + column
              + "'; give it one, or take the row out.");
    }
    if (names.size() < 2) {
      throw new BadDataException(
          "column '"
              + column
              + "' of "
              + csv
              + " has one label only, "
              + names
              + "; every picture needs one of at least two.");
    }
    for (int i = 0; i < values.size(); i++) {
      ImageFolder.requirePlain(values.get(i), at(csv, i + 1));
    }
    Labels labels = Labels.of(List.copyOf(names));
    Map<String, Integer> numbers = new HashMap<>();
    labels.names().forEach(name -> numbers.put(name, numbers.size()));
    return Answers.oneOf(
        labels, values.stream().mapToInt(value -> numbers.getOrDefault(value, 0)).toArray());
  }

  /** Composed as in folders' names; of 3.0, as tools write a column in which cells lack, 3. */
  private static String label(String cell) {
    Matcher whole = WHOLE.matcher(cell);
    return whole.matches() ? whole.group(1) : Normalizer.normalize(cell, Normalizer.Form.NFC);
  }

  /**
   * Any number of labels for each picture: a column for each label, 1 where it holds and 0 where
   * not.
   *
   * @param labels the columns; all if none is named
   */
  public Answers anyOf(String... labels) {
    List<String> chosen = chosen(labels);
    return Answers.anyOf(Labels.of(chosen), values(chosen));
  }

  /**
   * Numbers for each picture.
   *
   * @param wanted the columns; all if none is named
   */
  public Answers numbers(String... wanted) {
    return Answers.numbers(values(chosen(wanted)));
  }

  /**
   * What the table seems to ask: see {@link TableReading}.
   *
   * @throws BadDataException if there are several columns, or one of numbers, and not all cells
   *     hold numbers
   */
  public Answers answers() {
    return TableReading.of(this).answers();
  }

  /** All cells that may be learned, column by column. */
  List<String> cells() {
    return columns().stream().flatMap(name -> column(name).stream()).toList();
  }

  static boolean isNumber(String value) {
    return number(value).isPresent();
  }

  /** Not all that Java takes for a number, such as 2D. */
  private static Optional<Float> number(String value) {
    return NUMBER.matcher(value).matches()
        ? Optional.of(Float.parseFloat(value)).filter(Float::isFinite)
        : Optional.empty();
  }

  private List<String> chosen(String... names) {
    return names.length == 0 ? columns() : List.of(names);
  }

  /** float32 [N, columns]. */
  private TensorValue values(List<String> chosen) {
    float[] values = new float[rows.size() * chosen.size()];
    for (int column = 0; column < chosen.size(); column++) {
      List<String> texts = column(chosen.get(column));
      for (int row = 0; row < texts.size(); row++) {
        String text = texts.get(row);
        Optional<Float> number = number(text);
        if (number.isEmpty()) {
          throw noNumber(row + 1, chosen.get(column), text);
        }
        values[row * chosen.size() + column] = number.get();
      }
    }
    return TensorValue.of(Shape.of(rows.size(), chosen.size()), values);
  }

  private BadDataException noNumber(int row, String column, String text) {
    return new BadDataException(
        at(csv, row)
            + " has "
            + (text.isEmpty() ? "nothing" : "'" + text + "'")
            + " in column '"
            + column
            + "', where a number is expected; correct it, or take the row or the column out. If"
            + " the numbers of one column are labels, have them taken for that.",
        Remedy.AS_LABELS);
  }

  private List<String> column(String name) {
    int at = columns.indexOf(name);
    if (at < 0) {
      throw new BadRequestException(
          csv + " has no column '" + name + "'; it has " + columns() + ".");
    }
    return rows.stream().map(row -> row.get(at)).toList();
  }

  private static String at(Path csv, int row) {
    return "row " + row + " of " + csv;
  }
}
