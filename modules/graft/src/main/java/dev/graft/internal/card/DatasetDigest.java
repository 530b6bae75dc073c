package dev.graft.internal.card;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.graft.data.Answers;
import dev.graft.data.ContentDigest;
import dev.graft.data.Dataset;
import dev.graft.model.Labels;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What stands for a set of examples: the bytes of each with what it should be answered with, in
 * whatever order and wherever they lie. So two folders have the same digest if they hold the same
 * pictures under the same labels, whatever the files are called.
 */
public final class DatasetDigest {

  private final Dataset data;
  private final Map<String, Answers> answers;

  private DatasetDigest(Dataset data) {
    this.data = data;
    this.answers = new TreeMap<>(data.answers());
  }

  /**
   * SHA-256 in hex. Files are read only if nobody has read them before and nothing is remembered of
   * them. A view of a picture stands for the picture.
   */
  public static String of(Dataset data) {
    return new DatasetDigest(data).digest();
  }

  private String digest() {
    float[] weights = data.weights().floats();
    byte[][] examples =
        IntStream.range(0, data.size())
            .mapToObj(i -> example(i, weights[i]))
            .toArray(byte[][]::new);
    Arrays.sort(examples, Arrays::compareUnsigned);
    Hasher all = Hashing.sha256().newHasher().putInt(examples.length);
    for (byte[] example : examples) {
      all.putBytes(example);
    }
    return all.hash().toString();
  }

  private byte[] example(int i, float weight) {
    ContentDigest content = data.read(i);
    Hasher digest = Hashing.sha256().newHasher().putLong(content.high()).putLong(content.low());
    answers.forEach((head, each) -> put(put(digest, head), each, i));
    if (weight != 1) {
      digest.putFloat(weight);
    }
    return digest.hash().asBytes();
  }

  /** Labels by their names: in another order they say the same. */
  private static void put(Hasher digest, Answers answers, int i) {
    TensorValue values = answers.values();
    int size = answers.size();
    if (answers.counts().isPresent()) {
      answers.labels().ifPresent(labels -> labels.names().forEach(name -> put(digest, name)));
      int rows = Math.toIntExact(values.shape().dim(1));
      int own = answers.counts().get().bytes().getInt(Integer.BYTES * i);
      ByteBuffer all = row(values, size, i);
      digest.putInt(own);
      digest.putBytes(all.limit(all.position() + all.remaining() / Math.max(1, rows) * own));
    } else if (answers.labels().isEmpty()) {
      digest.putBytes(row(values, size, i));
    } else if (answers.isOneLabel()) {
      ByteBuffer indices = row(values, size, i);
      while (indices.hasRemaining()) {
        put(digest, answers.labels().get().names().get(indices.getInt()));
      }
    } else {
      ByteBuffer shares = row(values, size, i);
      boolean isDouble = values.dtype() == DType.FLOAT64;
      while (shares.hasRemaining()) {
        holding(answers.labels().get(), shares, isDouble)
            .forEach((name, share) -> put(digest, name).putDouble(share));
      }
    }
  }

  /** The labels that hold at the next position. */
  private static Map<String, Double> holding(Labels labels, ByteBuffer shares, boolean isDouble) {
    Map<String, Double> here = new TreeMap<>();
    for (String name : labels.names()) {
      double share = isDouble ? shares.getDouble() : shares.getFloat();
      if (share != 0) {
        here.put(name, share);
      }
    }
    return here;
  }

  /** The bytes of example {@code i}, from where the buffer stands. */
  private static ByteBuffer row(TensorValue values, int size, int i) {
    ByteBuffer all = values.bytes();
    int each = all.remaining() / Math.max(1, size);
    return all.slice(all.position() + each * i, each).order(all.order());
  }

  private static Hasher put(Hasher digest, String text) {
    return digest.putInt(text.length()).putString(text, StandardCharsets.UTF_8);
  }
}
