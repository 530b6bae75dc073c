package dev.graft.tensor;

import com.google.protobuf.ByteString;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts tensors together row by row as they come, in memory that is taken once. */
@Internal
public final class RowAppender {

  private final long expected;
  private final List<ByteString> strings = new ArrayList<>();
  private @Nullable TensorValue first;
  private long rows;
  private ByteBuffer bytes = ByteBuffer.allocate(0);

  /** For so many rows in all; there may be others. */
  public RowAppender(long expected) {
    this.expected = expected;
  }

  /**
   * Appends all rows of {@code tensor}.
   *
   * @throws BadRequestException if there are then more than a tensor of Java holds, or its rows are
   *     of another size than those before
   */
  public void append(TensorValue tensor) {
    first = first == null ? tensor : first;
    if (!sameRows(first.shape(), tensor.shape())) {
      throw new BadRequestException(
          "rows of different sizes make no tensor: after "
              + first
              + " comes "
              + tensor
              + "; take examples of one size (texts of one length) at a time.");
    }
    rows += tensor.shape().dim(0);
    if (tensor.dtype() == DType.STRING) {
      strings.addAll(tensor.strings());
      return;
    }
    long needed = rows * Rows.rowBytes(tensor);
    if (needed > bytes.capacity()) {
      ByteBuffer larger = allocate(Math.max(needed, expected * Rows.rowBytes(tensor)));
      bytes = larger.put(bytes.flip());
    }
    bytes.put(tensor.bytes());
  }

  private static boolean sameRows(Shape a, Shape b) {
    return a.rank() >= 1 && a.rank() == b.rank() && a.withDim(0, 1).equals(b.withDim(0, 1));
  }

  private static ByteBuffer allocate(long size) {
    if (size > Integer.MAX_VALUE) {
      throw new BadRequestException(
          "a tensor for all examples would have "
              + size
              + " bytes, and none has more than 2 GiB; take fewer examples at a time.");
    }
    return ByteBuffer.allocate((int) size);
  }

  /** All rows; there is at least one tensor. */
  public TensorValue all() {
    if (first == null) {
      throw new IllegalStateException("no rows were appended");
    }
    Shape shape = first.shape().withDim(0, rows);
    return first.dtype() == DType.STRING
        ? TensorValue.strings(shape, strings)
        : TensorValue.of(first.dtype(), shape, bytes.flip());
  }
}
