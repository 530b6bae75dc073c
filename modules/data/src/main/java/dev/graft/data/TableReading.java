package dev.graft.data;

import dev.graft.error.Internal;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;

/**
 * A guess at what a table asks.
 *
 * @param answers what it is then taken for
 * @param words why, and which flag of the command line turns it round; empty where there is nothing
 *     to guess
 */
@Internal
public record TableReading(Answers answers, String words) {

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
          ? new TableReading(
              table.anyOf(),
              "the columns hold 0 and 1 only: each is a label that holds or not; --head regression"
                  + " predicts them as numbers")
          : new TableReading(
              table.numbers(),
              "the columns hold numbers, which are predicted; --head multi-label takes each column"
                  + " for a label, and its numbers, from 0 to 1, for how far it holds");
    }
    String column = all.get(0);
    long numbers = cells.stream().filter(PictureTable::isNumber).count();
    if (10 * numbers < 9L * cells.size()) {
      return new TableReading(table.oneOf(column), "");
    }
    Set<Integer> whole = new TreeSet<>();
    cells.stream()
        .map(PictureTable.WHOLE::matcher)
        .filter(Matcher::matches)
        .forEach(number -> whole.add(Integer.parseInt(number.group(1))));
    if (areLabels(cells, whole)) {
      return new TableReading(
          table.oneOf(column),
          String.format(
              Locale.ROOT,
              "column '%s' holds the whole numbers %d to %d: each is taken for a label; --head"
                  + " regression predicts them as numbers%s",
              column,
              Collections.min(whole),
              Collections.max(whole),
              whole.equals(Set.of(0, 1))
                  ? ", --head multi-label as a label that holds or not"
                  : ""));
    }
    return new TableReading(
        table.numbers(),
        "column '"
            + column
            + "' holds numbers, which are predicted; --head new takes each for a label");
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
    return table.columns().size() == 1
        ? new TableReading(table.oneOf(table.columns().get(0)), "")
        : of(table);
  }
}
