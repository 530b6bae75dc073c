package dev.graft.model;

import com.google.protobuf.ByteString;
import dev.graft.graph.Shape;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.tensorflow.proto.DataType;

/** Takes rows out of a tensor, and puts tensors together row by row. */
@Internal
public final class Rows {

  private Rows() {}

  /** The given rows of {@code tensor}, in this order. */
  public static TensorValue of(TensorValue tensor, int[] rows) {
    Shape shape = tensor.shape().withDim(0, rows.length);
    if (tensor.dtype() == DataType.DT_STRING) {
      int width = (int) shape.withDim(0, 1).elements();
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
    ByteBuffer out = ByteBuffer.allocate(Math.multiplyExact(width, rows.length));
    for (int row : rows) {
      out.put(in.slice(Math.multiplyExact(row, width), width));
    }
    return TensorValue.of(tensor.dtype(), shape, out.flip());
  }

  /** The rows of all {@code tensors}, one after the other. */
  public static TensorValue concat(List<TensorValue> tensors) {
    long rows = tensors.stream().mapToLong(tensor -> tensor.shape().dim(0)).sum();
    RowAppender all = new RowAppender(rows);
    tensors.forEach(all::append);
    return all.all();
  }

  static long rowBytes(TensorValue tensor) {
    return tensor.shape().withDim(0, 1).elements() * TensorValue.size(tensor.dtype());
  }
}
