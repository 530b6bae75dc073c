package dev.graft.trainer.store;

import dev.graft.error.Internal;
import dev.graft.runtime.Compute.Precision;
import dev.graft.tensor.DType;
import dev.graft.tensor.Halves;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * What a row is, and how it is kept.
 *
 * @param dtype in which it is computed
 * @param shape of it
 * @param kept the dtype on disk
 * @param precision in which a network multiplies to compute it
 */
@Internal
public record RowForm(DType dtype, Shape shape, DType kept, Precision precision) {

  private static final Set<DType> HELD =
      Set.of(DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64);

  private static final long LARGEST = 1L << 28; // bytes

  /** Rows that are computed in float32, and kept as they are. */
  public static RowForm of(DType dtype, Shape shape) {
    return new RowForm(dtype, shape, dtype, Precision.FLOAT32);
  }

  /** These rows, if they are float32 kept as another dtype, such as float16: to three digits. */
  public RowForm as(DType value) {
    return dtype == DType.FLOAT32 ? new RowForm(dtype, shape, value, precision) : this;
  }

  /** These rows, by products in another precision. */
  public RowForm by(Precision value) {
    return new RowForm(dtype, shape, kept, value);
  }

  boolean canBeKept() {
    return shape.isFullyKnown()
        && HELD.contains(dtype)
        && shape.elements() * TensorValue.size(dtype) < LARGEST;
  }

  /** How many bytes a row takes on disk. */
  int bytes() {
    return (int) shape.elements() * TensorValue.size(kept);
  }

  /** {@code rows} as they lie on disk. */
  TensorValue toKept(TensorValue rows) {
    return kept == dtype ? rows : Halves.of(rows, kept);
  }

  /** The only row that lies on disk as {@code bytes}. */
  TensorValue row(ByteBuffer bytes) {
    return read(TensorValue.of(kept, rows(1), bytes));
  }

  private TensorValue read(TensorValue rows) {
    return kept == dtype ? rows : Halves.toFloats(rows);
  }

  private Shape rows(int count) {
    return Shape.of(LongStream.concat(LongStream.of(count), LongStream.of(shape.dims())).toArray());
  }

  /** What it says in the name of the folder. */
  @Override
  public String toString() {
    return dtype + " " + rows(0) + (kept == dtype ? "" : " as " + kept);
  }
}
