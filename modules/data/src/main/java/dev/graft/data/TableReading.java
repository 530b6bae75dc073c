package dev.graft.data;

import dev.graft.error.Internal;
import dev.graft.words.Note;
import dev.graft.words.Remedy;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;

/**
 * A guess at what a table asks.
 *
 * @param answers what it is then taken for
 * @param guess why, and what turns it round; empty where there is nothing to guess
 */
@Internal
public record TableReading(Answers answers, Optional<Note> guess) {

  /** What nobody has to guess. */
  public static TableReading sure(Answers answers) {
    return new TableReading(answers, Optional.empty());
  }

  private static TableReading guess(Answers answers, String sentence, Remedy... remedies) {
    return new TableReading(answers, Optional.of(Note.of(sentence, remedies)));
  }

  private static final int MOST_LABELS = 100; // of those that are numbers

  /**
   * What a table seems to ask. One column: a label in each cell where there is text, or whole
   * numbers from 0 or 1 to at most 100 of which none is left out; else numbers. Several columns:
   * any number of labels where all cells are 0 and 1, else numbers. A column in which nine of ten
   * cells are numbers is one of numbers, of which some are missing.
   *
   * @throws dev.graft.error.BadDataException if there are several columns, or one of numbers, and
   *     not all cells hold numbers
   */
  public static TableReading of(PictureTable table) {
    List<String> all = table.columns();
    List<String> cells = table.cells();
    if (all.size() > 1) {
      boolean flags = cells.stream().allMatch(v -> v.equals("0") || v.equals("1"));
      return flags
          ? guess(
              table.anyOf(),
              "the columns hold 0 and 1 only: each is a label that holds or not",
              Remedy.AS_NUMBERS)
          : guess(
              table.numbers(),
              "the columns hold numbers, which are predicted",
              Remedy.AS_SEVERAL_LABELS);
    }
    String column = all.get(0);
    long numbers = cells.stream().filter(PictureTable::isNumber).count();
    if (10 * numbers < 9L * cells.size()) {
      return sure(table.oneOf(column));
    }
    Set<Integer> whole = new TreeSet<>();
    cells.stream()
        .map(PictureTable.WHOLE::matcher)
        .filter(Matcher::matches)
        .forEach(number -> whole.add(Integer.parseInt(number.group(1))));
    if (areLabels(cells, whole)) {
      String sentence =
          String.format(
              Locale.ROOT,
              "column '%s' holds the whole numbers %d to %d: each is taken for a label",
              column,
              Collections.min(whole),
              Collections.max(whole));
      return whole.equals(Set.of(0, 1))
          ? guess(table.oneOf(column), sentence, Remedy.AS_NUMBERS, Remedy.AS_SEVERAL_LABELS)
          : guess(table.oneOf(column), sentence, Remedy.AS_NUMBERS);
    }
    return guess(
        table.numbers(),
        "column '" + column + "' holds numbers, which are predicted",
        Remedy.AS_LABELS);
  }

  /** Numbers from 0 or 1 on without a gap are what classes are counted with. */
  private static boolean areLabels(List<String> cells, Set<Integer> whole) {
    return cells.stream().allMatch(cell -> PictureTable.WHOLE.matcher(cell).matches())
        && whole.size() > 1
        && Collections.min(whole) <= 1
        && Collections.max(whole) <= MOST_LABELS
        && Collections.max(whole) - Collections.min(whole) + 1 == whole.size();
  }

  /** One label for each picture if there is one column, whatever it holds; else a guess. */
  public static TableReading labels(PictureTable table) {
    return table.columns().size() == 1 ? sure(table.oneOf(table.columns().get(0))) : of(table);
  }
}
