package dev.graft.savedmodel.checkpoint;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedSet;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.model.VariableSource;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.BundleEntryProto;
import org.tensorflow.proto.BundleHeaderProto;
import org.tensorflow.proto.DataType;

/**
 * Reads a checkpoint in TensorFlow's TensorBundle format (tensor_bundle.proto): {@code
 * prefix.index}, a sorted table that says where each tensor is, and {@code
 * prefix.data-00000-of-00001} and so on, which hold the bytes. Opening reads the index only; each
 * read opens its data file, checks the checksum, and closes it again. All failures are {@link
 * BadModelException}s that name the file.
 */
@Internal
public final class TensorBundle {

  private static final long MAX_INDEX_BYTES = 1L << 29;

  private final Path prefix;
  private final int shards;
  private final ImmutableMap<String, BundleEntryProto> entries;
  private final BundleParts parts;

  private TensorBundle(
      Path prefix,
      int shards,
      ImmutableMap<String, BundleEntryProto> entries,
      Map<ByteString, ByteString> table) {
    this.prefix = prefix;
    this.shards = shards;
    this.entries = entries;
    this.parts = new BundleParts(table);
  }

  /**
   * What a checkpoint says about one tensor.
   *
   * @param dtype its dtype
   * @param shape its shape, the whole one if it was saved in slices
   * @param partitioned whether it was saved in slices
   * @param bytes how many bytes it takes on disk
   */
  public record Entry(DataType dtype, Shape shape, boolean partitioned, long bytes) {}

  /** Whether there is a checkpoint at {@code prefix}. */
  public static boolean exists(Path prefix) {
    return Files.isRegularFile(indexOf(prefix));
  }

  /** Opens the checkpoint at {@code prefix}, the path without {@code .index}. */
  public static TensorBundle open(Path prefix) {
    Path index = indexOf(prefix);
    Map<ByteString, ByteString> table;
    try {
      if (Files.size(index) > MAX_INDEX_BYTES) {
        throw damaged(index, "it is larger than the index of any real checkpoint", null);
      }
      table = SortedTable.read(ByteBuffer.wrap(Files.readAllBytes(index)));
    } catch (NoSuchFileException e) {
      throw BadModelException.inFile(
          index.toString(),
          "'" + index + "' is missing: the weights of the model were not copied with it.",
          e);
    } catch (IOException e) {
      throw BadModelException.inFile(
          index.toString(), "'" + index + "' cannot be read: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      GitLfs.refusePointer(index);
      throw damaged(index, e.getMessage(), e);
    }
    return open(prefix, index, table);
  }

  private static TensorBundle open(Path prefix, Path index, Map<ByteString, ByteString> table) {
    ByteString header = table.get(ByteString.EMPTY);
    if (header == null) {
      throw damaged(index, "it has no header", null);
    }
    try {
      BundleHeaderProto bundle = BundleHeaderProto.parseFrom(header);
      if (bundle.getEndianness() == BundleHeaderProto.Endianness.BIG) {
        throw BadModelException.inFile(
            index.toString(),
            "'" + index + "' was written on a big-endian machine; such checkpoints are not read.",
            null);
      }
      ImmutableMap.Builder<String, BundleEntryProto> entries = ImmutableMap.builder();
      for (Map.Entry<ByteString, ByteString> entry : table.entrySet()) {
        if (!entry.getKey().isEmpty() && entry.getKey().byteAt(0) != 0) {
          if (!entry.getKey().isValidUtf8()) { // two of them might be one here
            throw damaged(index, "one of its keys is no text", null);
          }
          entries.put(entry.getKey().toStringUtf8(), BundleEntryProto.parseFrom(entry.getValue()));
        }
      }
      return new TensorBundle(prefix, bundle.getNumShards(), entries.buildOrThrow(), table);
    } catch (InvalidProtocolBufferException e) {
      throw damaged(index, "one of its entries is no such message", e);
    }
  }

  private static Path indexOf(Path prefix) {
    return prefix.resolveSibling(prefix.getFileName() + ".index");
  }

  /**
   * Fails if a data file is missing or shorter than the index says. Reads none of them: checksums
   * are checked when a tensor is read.
   */
  public void requireWhole() {
    Map<Integer, BundleEntryProto> last = new HashMap<>(); // that ends last in its shard
    for (BundleEntryProto entry : entries.values()) {
      if (entry.getSlicesCount() == 0) {
        last.merge(entry.getShardId(), entry, (a, b) -> end(a) < end(b) ? b : a);
      }
    }
    for (BundleEntryProto entry : last.values()) {
      Path file = shard(entry);
      try {
        requireInside(entry, Files.size(file));
      } catch (IOException e) {
        throw unreadable(file, e);
      }
    }
  }

  /**
   * Fails if a tensor, or a part of one, is another thing than its entry says; see {@link
   * BundleParts}.
   */
  public void requireSound() {
    try {
      parts.requireSound();
    } catch (IllegalArgumentException e) {
      throw damaged(indexOf(prefix), e.getMessage(), e);
    }
  }

  /**
   * Writes the index of a checkpoint at {@code to} that has the same data files: what was read of
   * this one, and nothing else. TensorFlow searches a table by halves, from places in it that
   * nobody who reads it through ever looks at, so that one file can be two tables.
   */
  public void writeIndex(Path to) throws IOException {
    try (WritableByteChannel out =
        Files.newByteChannel(
            indexOf(to), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      parts.write(out);
    }
  }

  private static long end(BundleEntryProto entry) {
    return entry.getOffset() + entry.getSize();
  }

  private void requireInside(BundleEntryProto entry, long size) {
    long end = end(entry);
    if (entry.getOffset() < 0 || entry.getSize() < 0 || end < 0 || end > size) {
      GitLfs.refusePointer(shard(entry));
      throw damaged(
          shard(entry),
          "it has "
              + size
              + " bytes, the index points to byte "
              + end
              + "; it was not copied whole",
          null);
    }
  }

  private static BadModelException unreadable(Path file, IOException e) {
    return BadModelException.inFile(
        file.toString(),
        e instanceof NoSuchFileException
            ? "'" + file + "' is missing: the weights of the model were not copied with it."
            : "'" + file + "' cannot be read: " + e.getMessage(),
        e);
  }

  /** The path that it was opened with. */
  public Path prefix() {
    return prefix;
  }

  /** In how many files the tensors are. */
  public int shards() {
    return shards;
  }

  /** The keys of all tensors. */
  public ImmutableSortedSet<String> keys() {
    return ImmutableSortedSet.copyOf(entries.keySet());
  }

  /** What is known of the tensor called {@code key}, if there is one. */
  public Optional<Entry> entry(String key) {
    return Optional.ofNullable(entries.get(key))
        .map(
            e ->
                new Entry(
                    e.getDtype(), Shape.from(e.getShape()), e.getSlicesCount() > 0, bytes(key, e)));
  }

  private long bytes(String key, BundleEntryProto entry) {
    if (entry.getSlicesCount() == 0) {
      return entry.getSize();
    }
    try {
      return parts.of(ByteString.copyFromUtf8(key), entry).stream()
          .mapToLong(p -> p.entry().getSize())
          .sum();
    } catch (IllegalArgumentException e) {
      throw damaged(indexOf(prefix), "the entry of '" + key + "' is wrong: " + e.getMessage(), e);
    }
  }

  /** The tensor called {@code key}, put together if it was saved in slices. */
  public TensorValue read(String key) {
    return read(key, "");
  }

  /**
   * Part of the tensor called {@code key}.
   *
   * @param slice the part, as {@link VariableSource.InCheckpoint#slice}; empty for the whole
   */
  public TensorValue read(String key, String slice) {
    BundleEntryProto entry = entries.get(key);
    if (entry == null) {
      throw BadModelException.inFile(
          indexOf(prefix).toString(),
          "the checkpoint '" + prefix + "' holds no value called '" + key + "'.",
          null);
    }
    try {
      Shape shape = BundleParts.shape(entry.getShape());
      if (entry.getSlicesCount() == 0 && slice.isEmpty()) {
        return readWhole(entry, shape);
      }
      TensorSlice wanted =
          slice.isEmpty() ? TensorSlice.whole(shape) : TensorSlice.parse(slice, shape);
      return assemble(key, entry, shape, wanted);
    } catch (IllegalArgumentException | ArithmeticException | BadRequestException e) {
      throw damaged(indexOf(prefix), "the entry of '" + key + "' is wrong: " + e.getMessage(), e);
    }
  }

  private TensorValue assemble(
      String key, BundleEntryProto entry, Shape shape, TensorSlice wanted) {
    int size = TensorValue.size(DType.of(entry.getDtype()));
    long total = Math.multiplyExact(wanted.shape().elements(), size);
    List<BundleParts.Part> found =
        entry.getSlicesCount() == 0
            ? List.of(new BundleParts.Part(TensorSlice.whole(shape), entry))
            : parts.of(ByteString.copyFromUtf8(key), entry);
    long available = found.stream().mapToLong(p -> p.entry().getSize()).sum();
    if (total > available) {
      throw new IllegalArgumentException(
          "its slices hold " + available + " bytes of the " + total + " wanted");
    }
    ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(total)).order(ByteOrder.LITTLE_ENDIAN);
    long copied = 0;
    for (BundleParts.Part part : found) {
      TensorValue value = readWhole(part.entry(), part.slice().shape());
      copied += wanted.copy(part.slice(), value.bytes(), out, size);
    }
    if (copied != wanted.shape().elements()) {
      throw new IllegalArgumentException(
          "its slices hold " + copied + " of " + wanted.shape().elements() + " elements");
    }
    return TensorValue.of(DType.of(entry.getDtype()), wanted.shape(), out);
  }

  private TensorValue readWhole(BundleEntryProto entry, Shape shape) {
    DataType dtype = entry.getDtype();
    if (!TensorValue.canHold(DType.of(dtype))) {
      throw BadModelException.inFile(
          shard(entry).toString(),
          "'"
              + shard(entry)
              + "' holds a tensor of "
              + dtype
              + ", which Graft does not read; save the model with another dtype.",
          null);
    }
    ByteBuffer bytes = bytes(entry);
    if (dtype == DataType.DT_STRING) {
      return TensorValue.strings(shape, strings(entry, shape, bytes));
    }
    if (MaskedCrc.of(bytes) != entry.getCrc32C()) {
      throw damaged(shard(entry), "the checksum of a tensor in it is wrong", null);
    }
    return TensorValue.of(DType.of(dtype), shape, bytes);
  }

  private ByteBuffer bytes(BundleEntryProto entry) {
    Path file = shard(entry);
    try (SeekableByteChannel channel = Files.newByteChannel(file)) { // of whatever file system
      requireInside(entry, channel.size());
      if (entry.getSize() > Integer.MAX_VALUE - 8) {
        throw BadModelException.inFile(
            file.toString(),
            "'"
                + file
                + "' holds a tensor of more than 2 GiB, which Java cannot take in one piece.",
            null);
      }
      ByteBuffer bytes = ByteBuffer.allocate((int) entry.getSize());
      channel.position(entry.getOffset());
      while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
        // reads until full; the size was checked
      }
      return bytes.flip().order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private Path shard(BundleEntryProto entry) {
    return prefix.resolveSibling(
        String.format(
            Locale.ROOT, // elsewhere numbers may be written in other digits
            "%s.data-%05d-of-%05d",
            prefix.getFileName(),
            entry.getShardId(),
            shards));
  }

  /**
   * Strings are written as all lengths (varints), the checksum of the lengths, then the bytes. Both
   * checksums run over the lengths as fixed numbers: 4 bytes each, 8 from 4 GiB on.
   */
  private List<ByteString> strings(BundleEntryProto entry, Shape shape, ByteBuffer in) {
    long count = shape.elements();
    if (count > in.remaining()) {
      throw new IllegalArgumentException("it cannot hold " + count + " strings");
    }
    CRC32C crc = new CRC32C();
    ByteBuffer number = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    int[] lengths = new int[(int) count];
    long total = 0;
    for (int i = 0; i < count; i++) {
      long length = SortedTable.varint(in);
      if (length < 0 || length > in.remaining()) {
        throw new IllegalArgumentException("a string in it is longer than the rest of the file");
      }
      lengths[i] = (int) length;
      total += length;
      crc.update(number.putInt(0, lengths[i]).clear());
    }
    if (in.remaining() != total + 4) {
      throw new IllegalArgumentException("its strings do not take the space they should");
    }
    boolean sound = MaskedCrc.mask(crc) == in.getInt(in.position());
    crc.update(in.slice());
    if (!sound || MaskedCrc.mask(crc) != entry.getCrc32C()) {
      throw damaged(shard(entry), "the checksum of a string tensor in it is wrong", null);
    }
    in.getInt();
    ImmutableList.Builder<ByteString> values = ImmutableList.builder();
    for (int length : lengths) {
      values.add(ByteString.copyFrom(in, length));
    }
    return values.build();
  }

  private static BadModelException damaged(
      Path file, @Nullable String what, @Nullable Throwable cause) {
    return BadModelException.inFile(
        file.toString(), "'" + file + "' is damaged: " + what + ".", cause);
  }
}
