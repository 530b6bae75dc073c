package dev.graft.trainer.internal.head;

import dev.graft.tensor.RowTable;
import dev.graft.tensor.Rows;
import dev.graft.tensor.TensorValue;

/**
 * Features of examples, read some rows at a time and always in the same order: they may be more
 * than memory has room for.
 */
final class FeatureSlices {

  /** Numbers in a slice, at most: 64 MB. */
  private static final long MOST = 1 << 24;

  private final RowTable rows;
  private final int examples;
  private final int width;
  private final long most; // numbers in a slice
  private TensorValue spent = Rows.NOTHING;

  /**
   * Of float32 [features] for each example.
   *
   * @param examples how many there are, one at least
   */
  FeatureSlices(RowTable rows, int examples) {
    this(rows, examples, MOST);
  }

  FeatureSlices(RowTable rows, int examples, long most) {
    this.most = most;
    this.rows = rows;
    this.examples = examples;
    this.width = (int) rows.range(0, 1, spent).shape().dim(1);
  }

  int examples() {
    return examples;
  }

  /** How many numbers a row has. */
  int width() {
    return width;
  }

  /** How many rows a slice has, the last one maybe fewer. */
  int rows() {
    return (int) Math.max(1, Math.min(examples, most / width));
  }

  /** The rows from {@code from} on, that many at most; what was given before is not used again. */
  TensorValue read(int from, int count) {
    TensorValue slice = rows.range(from, Math.min(examples, from + count), spent);
    spent = slice;
    return slice;
  }
}
