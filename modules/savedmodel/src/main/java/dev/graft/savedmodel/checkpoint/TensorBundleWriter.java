package dev.graft.savedmodel.checkpoint;

import com.google.protobuf.ByteString;
import dev.graft.error.Internal;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.tensorflow.proto.BundleEntryProto;
import org.tensorflow.proto.BundleHeaderProto;
import org.tensorflow.proto.VersionDef;

/**
 * Writes a checkpoint in TensorFlow's TensorBundle format (tensor_bundle.proto): {@code
 * prefix.data-00000-of-00001}, which gets each tensor's bytes as it is added, and, on {@link
 * #finish}, {@code prefix.index}. TensorFlow's RestoreV2 and {@code tf.train.load_checkpoint} read
 * it, and so does {@link TensorBundle}. The same tensors in the same order give the same bytes.
 *
 * <p>Both files are forced to the disk before {@code finish} returns; without {@code finish} there
 * is no index, and so no checkpoint.
 */
@Internal
public final class TensorBundleWriter implements AutoCloseable {

  private final Path prefix;
  private final FileChannel data;
  private final Map<ByteString, BundleEntryProto> entries =
      new TreeMap<>(ByteString.unsignedLexicographicalComparator());

  private TensorBundleWriter(Path prefix, FileChannel data) {
    this.prefix = prefix;
    this.data = data;
  }

  /**
   * Starts a checkpoint at {@code prefix}, whose folder has to exist; files of an older one there
   * are replaced.
   *
   * @throws UncheckedIOException if the file system fails
   */
  public static TensorBundleWriter create(Path prefix) {
    try {
      Files.deleteIfExists(sibling(prefix, ".index"));
      return new TensorBundleWriter(prefix, open(sibling(prefix, ".data-00000-of-00001")));
    } catch (IOException e) {
      throw failed(prefix, e);
    }
  }

  private static Path sibling(Path prefix, String suffix) {
    return prefix.resolveSibling(prefix.getFileName() + suffix);
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file,
        StandardOpenOption.CREATE,
        StandardOpenOption.WRITE,
        StandardOpenOption.TRUNCATE_EXISTING);
  }

  private static UncheckedIOException failed(Path prefix, IOException e) {
    return new UncheckedIOException(
        "the checkpoint '" + prefix + "' cannot be written: " + e.getMessage(), e);
  }

  /**
   * Adds one tensor.
   *
   * @throws IllegalArgumentException if {@code key} is empty, starts with a zero byte, or was added
   *     already
   * @throws UncheckedIOException if the file system fails
   */
  public void add(String key, TensorValue value) {
    ByteString name = ByteString.copyFromUtf8(key);
    if (name.isEmpty() || name.byteAt(0) == 0 || entries.containsKey(name)) {
      throw new IllegalArgumentException("'" + key + "' is no new key of a checkpoint");
    }
    try {
      long offset = data.position();
      int crc = value.dtype() == DType.STRING ? strings(value) : numbers(value);
      entries.put(
          name,
          BundleEntryProto.newBuilder()
              .setDtype(value.dtype().proto())
              .setShape(value.shape().toProto())
              .setOffset(offset)
              .setSize(data.position() - offset)
              .setCrc32C(crc)
              .build());
    } catch (IOException e) {
      throw failed(prefix, e);
    }
  }

  private int numbers(TensorValue value) throws IOException {
    write(value.bytes());
    return MaskedCrc.of(value.bytes());
  }

  /** As {@link TensorBundle} describes it: lengths, their checksum, then the bytes. */
  private int strings(TensorValue value) throws IOException {
    CRC32C crc = new CRC32C();
    ByteBuffer number = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    ByteString.Output lengths = ByteString.newOutput();
    for (ByteString string : value.strings()) {
      SortedTableWriter.varint(lengths, string.size());
      crc.update(number.putInt(0, string.size()).clear());
    }
    write(lengths.toByteString().asReadOnlyByteBuffer());
    number.putInt(0, MaskedCrc.mask(crc)).clear();
    crc.update(number.duplicate());
    write(number);
    for (ByteString string : value.strings()) {
      crc.update(string.asReadOnlyByteBuffer());
      write(string.asReadOnlyByteBuffer());
    }
    return MaskedCrc.mask(crc);
  }

  private void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      data.write(bytes);
    }
  }

  /**
   * Writes the index, which makes the checkpoint whole, and forces both files to the disk.
   *
   * @throws UncheckedIOException if the file system fails
   */
  public void finish() {
    try {
      data.force(true);
      try (FileChannel index = open(sibling(prefix, ".index"))) {
        SortedTableWriter table = new SortedTableWriter(index);
        BundleHeaderProto header =
            BundleHeaderProto.newBuilder()
                .setNumShards(1)
                .setVersion(VersionDef.newBuilder().setProducer(1))
                .build();
        table.add(ByteString.EMPTY, header.toByteString());
        for (Map.Entry<ByteString, BundleEntryProto> entry : entries.entrySet()) {
          table.add(entry.getKey(), entry.getValue().toByteString());
        }
        table.finish();
        index.force(true);
      }
    } catch (IOException e) {
      throw failed(prefix, e);
    }
  }

  /** Closes the data file. */
  @Override
  public void close() {
    try {
      data.close();
    } catch (IOException e) {
      throw failed(prefix, e);
    }
  }
}
