package dev.graft.tensor;

import com.google.protobuf.ByteString;
import dev.graft.error.Internal;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Takes rows out of a tensor, and puts tensors together row by row. */
@Internal
public final class Rows {

  /** No memory to use again. */
  public static final TensorValue NOTHING =
      TensorValue.of(DType.INT8, Shape.of(0), ByteBuffer.allocate(0));

  private Rows() {}

  /** The given rows of {@code tensor}, in this order. */
  public static TensorValue of(TensorValue tensor, int[] rows) {
    return of(tensor, rows, NOTHING);
  }

  /**
   * The given rows of {@code tensor}, in this order, in the memory of {@code spent} where they take
   * as much of it: large batches would otherwise keep the garbage collector busy.
   *
   * @param spent rows that this class took out and that nobody reads any more
   */
  public static TensorValue of(TensorValue tensor, int[] rows, TensorValue spent) {
    Shape shape = tensor.shape().dim(0, rows.length);
    if (tensor.dtype() == DType.STRING) {
      int width = (int) shape.dim(0, 1).elements();
      List<ByteString> all = tensor.strings();
      return TensorValue.strings(
          shape,
          Arrays.stream(rows)
              .boxed()
              .flatMap(row -> all.subList(row * width, (row + 1) * width).stream())
              .toList());
    }
    int width = Math.toIntExact(rowBytes(tensor));
    ByteBuffer in = tensor.bytes();
    ByteBuffer out = spent.memory(Math.multiplyExact(width, rows.length));
    for (int row : rows) {
      out.put(in.slice(Math.multiplyExact(row, width), width));
    }
    return TensorValue.of(tensor.dtype(), shape, out.flip());
  }

  /** The rows from {@code from} to before {@code to}, without a copy. */
  public static TensorValue range(TensorValue tensor, int from, int to) {
    Shape shape = tensor.shape().dim(0, to - from);
    if (tensor.dtype() == DType.STRING) {
      int width = (int) shape.dim(0, 1).elements();
      return TensorValue.strings(shape, tensor.strings().subList(from * width, to * width));
    }
    int width = Math.toIntExact(rowBytes(tensor));
    return TensorValue.of(
        tensor.dtype(), shape, tensor.bytes().slice(from * width, (to - from) * width));
  }

  /** The rows of all {@code tensors}, one after the other. */
  public static TensorValue concat(List<TensorValue> tensors) {
    int rows = Math.toIntExact(tensors.stream().mapToLong(each -> each.shape().dim(0)).sum());
    PlacedRows all = new PlacedRows(rows);
    int from = 0;
    for (TensorValue each : tensors) {
      int to = from + (int) each.shape().dim(0);
      all.put(each, IntStream.range(from, to).toArray());
      from = to;
    }
    return all.all();
  }

  /** How many bytes a row of {@code tensor} has. */
  public static long rowBytes(TensorValue tensor) {
    return tensor.shape().dim(0, 1).elements() * TensorValue.size(tensor.dtype());
  }
}
