package dev.graft.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.google.common.collect.ImmutableList;
import dev.graft.graph.Shape;
import dev.graft.model.BadDataException;
import dev.graft.model.BadRequestException;
import dev.graft.model.Labels;
import dev.graft.model.TensorValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
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
    List<List<String>> lines = lines(csv);
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
              + (columns.size() == 1 && columns.get(0).matches(".*[;\t].*")
                  ? " Columns are separated by commas."
                  : ""));
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

  private static List<List<String>> lines(Path csv) {
    CsvMapper mapper =
        CsvMapper.builder()
            .enable(
                CsvParser.Feature.WRAP_AS_ARRAY,
                CsvParser.Feature.SKIP_EMPTY_LINES,
                CsvParser.Feature.TRIM_SPACES)
            .build();
    try (MappingIterator<String[]> lines = mapper.readerFor(String[].class).readValues(text(csv))) {
      List<List<String>> all = new ArrayList<>();
      while (lines.hasNextValue()) {
        all.add(List.of(lines.nextValue()));
      }
      return all;
    } catch (JsonProcessingException e) {
      throw new BadDataException(
          csv + " is no CSV table (" + e.getOriginalMessage() + "); correct that line.", e);
    } catch (IOException e) {
      throw new BadDataException(
          csv + " cannot be read as a table of UTF-8 text; check that it is there.", e);
    }
  }

  /** The text of a file without the byte order mark that Excel begins it with. */
  private static String text(Path csv) throws IOException {
    String text = Files.readString(csv);
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }

  /** The columns that may be learned: all but {@code file}, in their order. */
  public ImmutableList<String> columns() {
    return columns.stream()
        .filter(column -> !column.equals(FILE))
        .collect(ImmutableList.toImmutableList());
  }

  /**
   * The pictures with the answers for the only head of a model.
   *
   * @throws BadDataException if a picture is not there or is none
   */
  public Dataset with(Answers answers) {
    return with(Map.of(Batch.ONLY, answers));
  }

  /**
   * The pictures with answers for several heads, by the heads' names.
   *
   * @throws BadDataException if a picture is not there or is none
   */
  public Dataset with(Map<String, Answers> answers) {
    Path folder = csv.toAbsolutePath().getParent();
    List<Path> files = new ArrayList<>();
    List<String> names = column(FILE);
    for (int i = 0; i < names.size(); i++) {
      Path file = file(folder, names.get(i));
      if (file == null || !Files.isRegularFile(file)) {
        throw new BadDataException(
            at(csv, i + 1)
                + " names the picture '"
                + names.get(i)
                + "', which is not there; paths count from the table's folder.");
      }
      ImageFolder.check(file);
      files.add(file);
    }
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

  /** One label for each picture: the text in this column, labels in alphabetical order. */
  public Answers oneOf(String column) {
    List<String> values = column(column);
    TreeSet<String> names = new TreeSet<>(values);
    if (names.contains("")) {
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
    Labels labels = Labels.of(List.copyOf(names));
    return Answers.oneOf(
        labels, values.stream().mapToInt(value -> labels.names().indexOf(value)).toArray());
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
   * What the table seems to ask: one label where there is one column of text, any number of labels
   * where there are several columns of 0 and 1, else numbers. A column in which nine of ten cells
   * are numbers is one of numbers, of which some are missing.
   *
   * @throws BadDataException if there are several columns, or one of numbers, and not all cells
   *     hold numbers
   */
  public Answers answers() {
    List<String> all = columns();
    List<String> cells = all.stream().flatMap(c -> column(c).stream()).toList();
    long numbers = cells.stream().filter(PictureTable::isNumber).count();
    if (all.size() == 1 && 10 * numbers < 9L * cells.size()) {
      return oneOf(all.get(0));
    }
    boolean flags = cells.stream().allMatch(v -> v.equals("0") || v.equals("1"));
    return flags && all.size() > 1 ? anyOf() : numbers();
  }

  private static boolean isNumber(String value) {
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
            + "', where a number is expected; correct it, or take the row or the column out. Labels"
            + " that are numbers must all be written as words, such as 'type 3'.");
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
