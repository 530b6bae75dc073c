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
 * <p>Numbers are big-endian, rows as TensorFlow has them. A file has one writer, who made it;
 * others read what is whole in it meanwhile. It is not mapped: a file that goes away or is cut
 * while it is mapped ends the process.
 */
final class RowFile {

  static final String SUFFIX = ".rows";

  private static final int MAGIC = 0x47524654;
  private static final int HEADER = 4 * Integer.BYTES;
  private static final int LARGEST = 1 << 30; // bytes of a block

  private RowFile() {}

  /** Takes where in a file the row of an example lies. */
  interface Taker {
    void take(RowDigest example, long position);
  }

  /**
   * Gives all rows of the whole blocks of a file to {@code taker}.
   *
   * @param rowBytes the size of a row
   * @return where the whole blocks end
   */
  static long read(FileChannel channel, int rowBytes, Taker taker) throws IOException {
    long size = channel.size();
    long at = 0;
    while (size - at >= HEADER) {
      ByteBuffer header = read(channel, at, HEADER);
      boolean known = header.getInt() == MAGIC;
      int rows = header.getInt();
      boolean fits = known && rows > 0 && header.getInt() == rowBytes;
      long content = (long) rows * (RowDigest.BYTES + (long) rowBytes);
      if (!fits || content > Math.min(LARGEST, size - at - HEADER)) {
        return at;
      }
      ByteBuffer block = read(channel, at + HEADER, (int) content);
      if (crc(block.duplicate()) != header.getInt()) {
        return at;
      }
      long first = at + HEADER + (long) rows * RowDigest.BYTES;
      for (int i = 0; i < rows; i++) {
        taker.take(RowDigest.read(block), first + (long) i * rowBytes);
      }
      at += HEADER + content;
    }
    return at;
  }

  /** So many bytes from {@code position} on. */
  static ByteBuffer read(FileChannel channel, long position, int bytes) throws IOException {
    ByteBuffer read = ByteBuffer.allocate(bytes);
    while (read.hasRemaining()) {
      if (channel.read(read, position + read.position()) < 0) {
        throw new IOException("a file of features ends early");
      }
    }
    return read.flip();
  }

  /** How many bytes a block of so many rows takes. */
  static long bytes(int rows, TensorValue values) {
    return HEADER + (long) rows * RowDigest.BYTES + values.bytes().remaining();
  }

  private static int crc(ByteBuffer... parts) {
    CRC32C crc = new CRC32C();
    for (ByteBuffer part : parts) {
      crc.update(part);
    }
    return (int) crc.getValue();
  }

  /** A file that is being written. */
  static final class Writer implements Closeable {

    private final FileChannel channel;

    /** Makes {@code file}, which is not there. */
    Writer(Path file) throws IOException {
      channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /** Appends a block, all of it or nothing: the rows of {@code examples}. */
    void append(List<RowDigest> examples, TensorValue rows) throws IOException {
      ByteBuffer content = rows.bytes();
      ByteBuffer digests = ByteBuffer.allocate(examples.size() * RowDigest.BYTES);
      examples.forEach(example -> example.write(digests));
      digests.flip();
      ByteBuffer header = ByteBuffer.allocate(HEADER);
      header.putInt(MAGIC).putInt(examples.size()).putInt(content.remaining() / examples.size());
      header.putInt(crc(digests.duplicate(), content.duplicate())).flip();
      long start = channel.position();
      try {
        for (ByteBuffer part : new ByteBuffer[] {header, digests, content}) {
          while (part.hasRemaining()) {
            channel.write(part);
          }
        }
      } catch (IOException e) {
        channel.truncate(start); // gives the disk back what it was short of
        throw e;
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
