package dev.graft.savedmodel.checkpoint;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;

/**
 * Writes the format that {@link SortedTable} reads: LevelDB's sorted table, uncompressed. Keys have
 * to come in the order of their unsigned bytes.
 */
final class SortedTableWriter {

  /** TensorFlow's own block size. */
  private static final int BLOCK_BYTES = 256 << 10;

  /** After how many entries a key is written in full. */
  private static final int RESTART_INTERVAL = 16;

  private final WritableByteChannel out;
  private Block block = new Block(RESTART_INTERVAL);
  private final Block indexBlock = new Block(1);
  private long offset;

  SortedTableWriter(WritableByteChannel out) {
    this.out = out;
  }

  void add(ByteString key, ByteString value) throws IOException {
    block.add(key, value);
    if (block.size() >= BLOCK_BYTES) {
      flush();
    }
  }

  private void flush() throws IOException {
    if (block.isEmpty()) {
      return;
    }
    ByteString last = block.lastKey();
    indexBlock.add(last, write(block));
    block = new Block(RESTART_INTERVAL);
  }

  /** Writes what is left; nothing can be added afterwards. */
  void finish() throws IOException {
    flush();
    ByteString unused = write(new Block(RESTART_INTERVAL));
    ByteString handles = unused.concat(write(indexBlock));
    ByteBuffer footer = ByteBuffer.allocate(SortedTable.FOOTER).order(ByteOrder.LITTLE_ENDIAN);
    handles.copyTo(footer);
    footer.putLong(SortedTable.FOOTER - 8, SortedTable.MAGIC);
    emit(footer.clear());
  }

  /** Writes a block with its trailer; returns where it is: offset and size. */
  private ByteString write(Block written) throws IOException {
    ByteString content =
        written.finish().concat(ByteString.copyFrom(new byte[1])); // no compression
    ByteBuffer trailer = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    trailer.putInt(0, MaskedCrc.of(content.asReadOnlyByteBuffer()));
    ByteString.Output handle = ByteString.newOutput();
    varint(handle, offset);
    varint(handle, content.size() - 1L);
    emit(content.asReadOnlyByteBuffer());
    emit(trailer);
    return handle.toByteString();
  }

  private void emit(ByteBuffer bytes) throws IOException {
    offset += bytes.remaining();
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  /** 7 bits a byte, the lowest first, the last without the high bit. */
  static void varint(ByteString.Output to, long value) {
    long rest = value;
    while (rest >>> 7 != 0) {
      to.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    to.write((int) rest);
  }

  /** Entries whose keys are written without what they share with the one before. */
  private static final class Block {
    private final int interval;
    private final ByteString.Output entries = ByteString.newOutput();
    private final ByteString.Output restarts = ByteString.newOutput();
    private int restartCount;
    private int count;
    private ByteString lastKey = ByteString.EMPTY;

    Block(int interval) {
      this.interval = interval;
    }

    void add(ByteString key, ByteString value) {
      int shared = 0;
      if (count % interval == 0) {
        restart();
      } else {
        while (shared < Math.min(key.size(), lastKey.size())
            && key.byteAt(shared) == lastKey.byteAt(shared)) {
          shared++;
        }
      }
      varint(entries, shared);
      varint(entries, key.size() - shared);
      varint(entries, value.size());
      append(key.substring(shared));
      append(value);
      lastKey = key;
      count++;
    }

    private void append(ByteString bytes) {
      try {
        bytes.writeTo(entries);
      } catch (IOException e) {
        throw new AssertionError("memory does not fail like a file", e);
      }
    }

    private void restart() {
      int4(entries.size());
      restartCount++;
    }

    private void int4(int value) {
      for (int shift = 0; shift < 32; shift += 8) {
        restarts.write(value >>> shift);
      }
    }

    boolean isEmpty() {
      return count == 0;
    }

    int size() {
      return entries.size();
    }

    ByteString lastKey() {
      return lastKey;
    }

    ByteString finish() {
      if (restartCount == 0) {
        restart();
      }
      int4(restartCount);
      return entries.toByteString().concat(restarts.toByteString());
    }
  }
}
