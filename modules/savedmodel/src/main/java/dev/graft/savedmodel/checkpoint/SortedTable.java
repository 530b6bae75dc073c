package dev.graft.savedmodel.checkpoint;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads LevelDB's sorted table, the format of a checkpoint's {@code .index} file (described in
 * leveldb/doc/table_format.md): data blocks of prefix-compressed entries, an index block that says
 * where they are, and a footer that says where the index block is.
 */
final class SortedTable {

  static final long MAGIC = 0xdb4775248b80fb57L;
  static final int FOOTER = 48;

  /** Longer than any key of TensorFlow's; entries that share most of one take few bytes of file. */
  static final int MAX_KEY = 1 << 12;

  /** All entries unfolded: those of real checkpoints take a few megabytes. */
  static final long MAX_ENTRIES = 1L << 26;

  private static final int ENTRY = 16; // what one takes beside its key and value

  /** What a compressed block may unfold to; TensorFlow's blocks are of 4 KiB to 256 KiB. */
  static final int MAX_BLOCK = 1 << 24;

  private static final byte SNAPPY = 1;
  private static final int TRAILER = 5; // compression type, masked checksum

  private final ByteBuffer file;
  private long blocks; // bytes of all blocks so far
  private long unfolded; // bytes of all entries so far

  private SortedTable(ByteBuffer file) {
    this.file = file;
  }

  /**
   * All entries of the table in {@code file}, in the table's order.
   *
   * @throws IllegalArgumentException saying what is wrong with it, if it is no sound table
   */
  static Map<ByteString, ByteString> read(ByteBuffer file) {
    return new SortedTable(file.slice().order(ByteOrder.LITTLE_ENDIAN)).entries();
  }

  private Map<ByteString, ByteString> entries() {
    if (file.limit() < FOOTER || file.getLong(file.limit() - 8) != MAGIC) {
      throw new IllegalArgumentException("it does not end like a checkpoint index");
    }
    ByteBuffer footer = file.slice(file.limit() - FOOTER, FOOTER);
    varint(footer); // where the unused metaindex block is
    varint(footer); // and how long
    Map<ByteString, ByteString> entries = new LinkedHashMap<>();
    @Nullable ByteString last = null;
    for (ByteString handle : block(footer).values()) {
      for (Map.Entry<ByteString, ByteString> entry :
          block(handle.asReadOnlyByteBuffer()).entrySet()) {
        requireRising(last, entry.getKey());
        last = entry.getKey();
        entries.put(entry.getKey(), entry.getValue());
      }
    }
    return entries;
  }

  /** The entries of the block to which {@code handle} (offset and size) points. */
  private Map<ByteString, ByteString> block(ByteBuffer handle) {
    long offset = varint(handle);
    long size = varint(handle);
    if (offset < 0 || size < 4 || size > file.limit() || offset > file.limit() - size - TRAILER) {
      throw new IllegalArgumentException("it points outside itself");
    }
    blocks += size;
    if (blocks > file.limit()) {
      throw new IllegalArgumentException("its blocks overlap");
    }
    int end = (int) (offset + size);
    if (MaskedCrc.of(file.slice((int) offset, (int) size + 1)) != file.getInt(end + 1)) {
      throw new IllegalArgumentException("the checksum of one of its blocks is wrong");
    }
    ByteBuffer block = file.slice((int) offset, (int) size).order(ByteOrder.LITTLE_ENDIAN);
    switch (file.get(end)) {
      case 0 -> {}
      case SNAPPY -> block = Snappy.decompress(block, MAX_BLOCK).order(ByteOrder.LITTLE_ENDIAN);
      default -> throw new IllegalArgumentException("it is compressed in a way that is not known");
    }
    if (block.limit() < 4) {
      throw new IllegalArgumentException("one of its blocks is cut short");
    }
    long restarts = Integer.toUnsignedLong(block.getInt(block.limit() - 4));
    if (restarts > block.limit() / 4 - 1) {
      throw new IllegalArgumentException("one of its blocks has no room for its restart points");
    }
    return entries(block.slice(0, (int) (block.limit() - 4 * (restarts + 1))));
  }

  private Map<ByteString, ByteString> entries(ByteBuffer block) {
    Map<ByteString, ByteString> entries = new LinkedHashMap<>();
    ByteString key = ByteString.EMPTY;
    while (block.hasRemaining()) {
      long shared = varint(block);
      long rest = varint(block);
      long length = varint(block);
      if (shared < 0 || shared > key.size() || rest < 0 || length < 0) {
        throw new IllegalArgumentException("one of its entries is damaged");
      }
      if (shared + rest > MAX_KEY) {
        throw new IllegalArgumentException("one of its keys is longer than " + MAX_KEY + " bytes");
      }
      unfolded += shared + rest + length + ENTRY;
      if (unfolded > MAX_ENTRIES) {
        throw new IllegalArgumentException("its entries take more than " + MAX_ENTRIES + " bytes");
      }
      key = key.substring(0, (int) shared).concat(take(block, rest));
      if (entries.put(key, take(block, length)) != null) {
        throw new IllegalArgumentException("one of its keys is there twice");
      }
    }
    return entries;
  }

  /** TensorFlow searches by halves; keys out of order would be one thing to it, another here. */
  private static void requireRising(@Nullable ByteString last, ByteString key) {
    if (last != null && ByteString.unsignedLexicographicalComparator().compare(last, key) >= 0) {
      throw new IllegalArgumentException("its keys are out of order");
    }
  }

  private static ByteString take(ByteBuffer in, long count) {
    if (count > in.remaining()) {
      throw new IllegalArgumentException("one of its entries is longer than its block");
    }
    return ByteString.copyFrom(in, (int) count);
  }

  /** A number of 7 bits a byte, the lowest first, the last without the high bit. */
  static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (!in.hasRemaining()) {
        throw new IllegalArgumentException("it ends in the middle of a number");
      }
      byte next = in.get();
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("it holds a number of more than 64 bits");
  }
}
