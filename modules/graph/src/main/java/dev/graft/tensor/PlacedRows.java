package dev.graft.tensor;

import com.google.protobuf.ByteString;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Puts a tensor together of rows that come in any order, in memory that is taken once. */
@Internal
public final class PlacedRows implements RowSink {

  private final int size;
  private @Nullable TensorValue first;
  private ByteString[] strings = new ByteString[0];
  private ByteBuffer bytes = ByteBuffer.allocate(0);

  /** For so many rows. */
  public PlacedRows(int size) {
    this.size = size;
  }

  /**
   * Puts the rows of {@code tensor} at {@code places}, in its order.
   *
   * @throws BadRequestException if all would be more than a tensor of Java holds, or its rows are
   *     of another size than those before
   */
  @Override
  public void put(TensorValue tensor, int[] places) {
    RowSink.requireAlike(first == null ? tensor : first, tensor);
    if (first == null) {
      first = tensor;
      if (tensor.dtype() == DType.STRING) {
        strings = new ByteString[Math.toIntExact(tensor.shape().dim(0, size).elements())];
      } else {
        bytes = allocate(size * Rows.rowBytes(tensor));
      }
    }
    boolean texts = tensor.dtype() == DType.STRING;
    int width = texts ? strings.length / Math.max(1, size) : (int) Rows.rowBytes(tensor);
    for (int row = 0; row < places.length; row++) {
      int to = places[row] * width;
      for (int i = 0; texts && i < width; i++) {
        strings[to + i] = tensor.strings().get(row * width + i);
      }
      if (!texts) {
        bytes.put(to, tensor.bytes(), row * width, width);
      }
    }
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

  @Override
  public RowTable table() {
    return RowTable.of(all());
  }

  /** All rows, each of which was put. */
  public TensorValue all() {
    if (first == null) {
      throw new IllegalStateException("no rows were put");
    }
    Shape shape = first.shape().dim(0, size);
    return first.dtype() == DType.STRING
        ? TensorValue.strings(shape, Arrays.asList(strings))
        : TensorValue.of(first.dtype(), shape, bytes);
  }
}
