package dev.graft.trainer.store;

import dev.graft.tensor.TensorValue;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Rows of one tensor in a file that only grows, block after block:
 *
 * <pre>
 * magic int, rows int, bytes of a row int, CRC32C of what follows int
 * digest of each row's example, 16 bytes each
 * the rows
 * </pre>
 *
 * <p>Numbers are big-endian, rows as TensorFlow has them. Who made a file has it locked while he
 * writes; others read what is whole in it meanwhile.
 */
final class RowFile {

  static final String SUFFIX = ".rows";

  private static final int MAGIC = 0x47524654;
  private static final int HEADER = 4 * Integer.BYTES;

  private RowFile() {}

  /** Takes what a file holds. */
  interface Taker {
    void take(RowDigest example, ByteBuffer row);
  }

  /** How a file was found: whole as far as it goes, and whether there is more that is not. */
  record Found(long whole, boolean damaged) {}

  /**
   * Maps the file and gives all rows of its whole blocks to {@code taker}.
   *
   * @param rowBytes the size of a row
   */
  static Found read(Path file, int rowBytes, Taker taker) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = Math.min(channel.size(), Integer.MAX_VALUE);
      ByteBuffer all = channel.map(FileChannel.MapMode.READ_ONLY, 0, size);
      while (all.remaining() >= HEADER) {
        int start = all.position();
        int magic = all.getInt();
        int rows = all.getInt();
        int bytes = all.getInt();
        int sum = all.getInt();
        long content = (long) rows * (RowDigest.BYTES + (long) rowBytes);
        boolean fits =
            magic == MAGIC && rows > 0 && bytes == rowBytes && content <= all.remaining();
        if (!fits || crc(all.slice(all.position(), (int) content)) != sum) {
          return new Found(start, true);
        }
        ByteBuffer digests = all.slice(all.position(), rows * RowDigest.BYTES);
        int at = all.position() + rows * RowDigest.BYTES;
        for (int i = 0; i < rows; i++) {
          taker.take(RowDigest.read(digests), all.slice(at + i * rowBytes, rowBytes));
        }
        all.position(start + HEADER + (int) content);
      }
      return new Found(all.position(), all.hasRemaining());
    }
  }

  /** How many bytes a block of so many rows takes. */
  static long bytes(int rows, TensorValue values) {
    return HEADER + (long) rows * RowDigest.BYTES + values.bytes().remaining();
  }

  private static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** A file that is being written. */
  static final class Writer implements Closeable {

    private final FileChannel channel;

    /** Makes {@code file}, which is not there. */
    Writer(Path file) throws IOException {
      channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      try {
        channel.lock();
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    }

    /** Appends a block: the rows of {@code examples}. */
    void append(List<RowDigest> examples, TensorValue rows) throws IOException {
      ByteBuffer content = rows.bytes();
      int rowBytes = content.remaining() / examples.size();
      ByteBuffer block =
          ByteBuffer.allocate(HEADER + examples.size() * RowDigest.BYTES + content.remaining());
      block.position(HEADER);
      examples.forEach(example -> example.write(block));
      block.put(content.slice()).flip();
      block.putInt(MAGIC).putInt(examples.size()).putInt(rowBytes);
      block.putInt(crc(block.slice(HEADER, block.limit() - HEADER))).rewind();
      while (block.hasRemaining()) {
        channel.write(block);
      }
    }

    long size() throws IOException {
      return channel.size();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
