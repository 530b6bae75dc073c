package dev.graft.data.annotation;

import dev.graft.data.boxes.MarkedPicture.Mark;
import dev.graft.error.BadDataException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the rows of one picture say, as they come. */
final class TableRows {

  private final TableRow first;
  private final List<Mark> marks = new ArrayList<>();
  private @Nullable BadDataException failure;

  TableRows(TableRow first) {
    this.first = first;
  }

  /** Adds a row; {@code labels} keeps one text for all boxes of a label. */
  void add(TableRow row, Map<String, String> labels) {
    if (failure != null) {
      return; // one is told
    }
    try {
      row.part();
      first.requireSame(row);
      row.mark().map(mark -> named(mark, labels)).ifPresent(marks::add);
      Findings.requireFew(marks.size(), row.file());
    } catch (BadDataException e) {
      failure = e;
    }
  }

  private static Mark named(Mark mark, Map<String, String> labels) {
    return new Mark(
        labels.computeIfAbsent(mark.label(), same -> same), mark.bounds(), mark.crowd());
  }

  TableRow first() {
    return first;
  }

  /**
   * The boxes.
   *
   * @throws BadDataException the first of the rows' failures
   */
  List<Mark> marks() {
    if (failure != null) {
      throw failure;
    }
    return marks;
  }
}
