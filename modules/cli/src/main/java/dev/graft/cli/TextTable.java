package dev.graft.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Lines up columns of text: the last {@code numbers} columns to the right, the others to the left.
 */
final class TextTable {

  private final int widest;
  private final boolean[] right;
  private final List<String[]> rows = new ArrayList<>();

  /** A table whose columns are as wide as their content, at most {@code widest}. */
  TextTable(int widest, boolean... right) {
    this.widest = widest;
    this.right = right.clone();
  }

  void row(String... cells) {
    if (cells.length != right.length) {
      throw new IllegalArgumentException(
          "a row of " + cells.length + " cells in a table of " + right.length);
    }
    rows.add(cells.clone());
  }

  List<String> lines() {
    int[] width = new int[right.length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        width[i] = Math.max(width[i], Math.min(widest, row[i].length()));
      }
    }
    List<String> lines = new ArrayList<>();
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        String cell = fit(row[i], i == row.length - 1 ? Integer.MAX_VALUE : width[i]);
        String space = " ".repeat(Math.max(0, width[i] - cell.length()));
        line.append(right[i] ? space + cell : cell + space).append("  ");
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  private static String fit(String cell, int width) {
    return cell.length() <= width ? cell : cell.substring(0, width - 1) + "…";
  }
}
