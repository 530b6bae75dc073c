package dev.graft.trainer.store;

import com.google.protobuf.ByteString;
import dev.graft.data.ContentDigest;
import dev.graft.error.Internal;
import dev.graft.tensor.DType;
import dev.graft.tensor.Rows;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What one example is, told by its bytes.
 *
 * @param digest of what is fed of it
 */
@Internal
public record RowDigest(ContentDigest digest) {

  static final int BYTES = ContentDigest.BYTES;

  /** That of an example of which nothing is fed but one text, such as the bytes of a picture. */
  public static RowDigest of(ContentDigest text) {
    return new RowDigest(ContentDigest.of(form(DType.STRING, Shape.of(1)), bytes(text)));
  }

  private static ByteBuffer bytes(ContentDigest text) {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    text.write(bytes);
    return bytes.flip();
  }

  /** But for the first size: not how many examples are beside it. */
  private static ByteBuffer form(DType dtype, Shape shape) {
    ByteBuffer form = ByteBuffer.allocate((1 + shape.rank()) * Long.BYTES);
    form.putLong(dtype.ordinal()).putLong(shape.rank());
    for (int i = 1; i < shape.rank(); i++) {
      form.putLong(shape.dim(i));
    }
    return form.flip();
  }

  /** Those of the examples of {@code fed}, a row of each tensor to each. */
  public static List<RowDigest> of(List<TensorValue> fed) {
    int rows = (int) fed.get(0).shape().dim(0);
    List<RowDigest> digests = new ArrayList<>(rows);
    for (int row = 0; row < rows; row++) {
      List<ByteBuffer> parts = new ArrayList<>();
      for (TensorValue tensor : fed) {
        put(parts, tensor, row, rows);
      }
      digests.add(new RowDigest(ContentDigest.of(parts.toArray(ByteBuffer[]::new))));
    }
    return digests;
  }

  private static void put(List<ByteBuffer> parts, TensorValue tensor, int row, int rows) {
    parts.add(form(tensor.dtype(), tensor.shape()));
    if (tensor.dtype() == DType.STRING) {
      int each = tensor.strings().size() / rows;
      for (ByteString text : tensor.strings().subList(row * each, (row + 1) * each)) {
        ByteBuffer[] content = text.asReadOnlyByteBufferList().toArray(ByteBuffer[]::new);
        parts.add(bytes(ContentDigest.of(content)));
      }
      return;
    }
    int bytes = (int) Rows.rowBytes(tensor);
    parts.add(tensor.bytes().slice(row * bytes, bytes));
  }

  static RowDigest read(ByteBuffer bytes) {
    return new RowDigest(ContentDigest.read(bytes));
  }

  void write(ByteBuffer bytes) {
    digest.write(bytes);
  }
}
