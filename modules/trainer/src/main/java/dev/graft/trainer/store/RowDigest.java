package dev.graft.trainer.store;

import com.google.protobuf.ByteString;
import dev.graft.data.ContentDigest;
import dev.graft.error.Internal;
import dev.graft.tensor.DType;
import dev.graft.tensor.Rows;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * What one example is, told by its bytes: the first half of SHA-256 over what is fed of it.
 *
 * @param high its first eight bytes
 * @param low those after them
 */
@Internal
public record RowDigest(long high, long low) {

  static final int BYTES = 16;

  /** That of an example of which nothing is fed but one text, such as the bytes of a picture. */
  public static RowDigest of(ContentDigest text) {
    MessageDigest digest = sha256();
    digest.update(form(DType.STRING, Shape.of(1)));
    put(digest, text);
    return read(ByteBuffer.wrap(digest.digest()));
  }

  private static ContentDigest content(ByteString text) {
    return ContentDigest.of(text.asReadOnlyByteBufferList().toArray(new ByteBuffer[0]));
  }

  private static void put(MessageDigest digest, ContentDigest text) {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    text.write(bytes);
    digest.update(bytes.flip());
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
      MessageDigest digest = sha256();
      for (TensorValue tensor : fed) {
        put(digest, tensor, row, rows);
      }
      digests.add(read(ByteBuffer.wrap(digest.digest())));
    }
    return digests;
  }

  private static void put(MessageDigest digest, TensorValue tensor, int row, int rows) {
    digest.update(form(tensor.dtype(), tensor.shape()));
    if (tensor.dtype() == DType.STRING) {
      int each = tensor.strings().size() / rows;
      for (ByteString text : tensor.strings().subList(row * each, (row + 1) * each)) {
        put(digest, content(text));
      }
      return;
    }
    int bytes = (int) Rows.rowBytes(tensor);
    digest.update(tensor.bytes().slice(row * bytes, bytes));
  }

  static RowDigest read(ByteBuffer bytes) {
    return new RowDigest(bytes.getLong(), bytes.getLong());
  }

  void write(ByteBuffer bytes) {
    bytes.putLong(high).putLong(low);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
