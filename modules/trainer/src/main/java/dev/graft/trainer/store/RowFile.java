package dev.graft.trainer.store;

import dev.graft.tensor.Rows;
import dev.graft.tensor.TensorValue;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.OptionalLong;
import java.util.zip.CRC32C;

/**
 * Rows of one tensor in a file that only grows, block after block:
 *
 * <pre>
 * magic int, rows int, bytes of a row int, dtype int as TensorFlow counts them
 * CRC32C of the rows int, CRC32C of all before it and of the digests int
 * digest of each row's example, 16 bytes each
 * the rows
 * </pre>
 *
 * <p>Numbers are big-endian, rows as TensorFlow has them. A file has one writer, who made it;
 * others read what is whole in it meanwhile. Whoever opens it reads what stands before the rows;
 * those are read, and held against their checksum, when they are asked for. It is not mapped: a
 * file that goes away or is cut while it is mapped ends the process.
 */
final class RowFile {

  static final String SUFFIX = ".rows";

  private static final int MAGIC = 0x47524655;
  private static final int CHECKED = 5 * Integer.BYTES; // of the header
  private static final int HEADER = CHECKED + Integer.BYTES;
  private static final int LARGEST = 1 << 30; // bytes of a block that is read
  private static final int SPLIT = 1 << 26; // bytes of a block that is written, or one row

  private RowFile() {}

  /** Rows that were written together. */
  static final class Block {
    private final FileChannel channel;
    private final long position;
    private final int bytes;
    private final int crc;
    private boolean isChecked;

    private Block(FileChannel channel, long position, int bytes, int crc) {
      this.channel = channel;
      this.position = position;
      this.bytes = bytes;
      this.crc = crc;
    }

    /** Where it is read from. */
    FileChannel channel() {
      return channel;
    }

    /** Whether somebody has read all of it. */
    boolean isChecked() {
      return isChecked;
    }

    /**
     * All rows.
     *
     * @throws IOException if they cannot be read, or are not what was written
     */
    ByteBuffer all() throws IOException {
      ByteBuffer rows = RowFile.read(channel, position, bytes);
      if (crc(rows.duplicate()) != crc) {
        throw new IOException("a block of features is damaged");
      }
      isChecked = true;
      return rows;
    }

    /** One row, not checked. */
    ByteBuffer row(int number, int rowBytes) throws IOException {
      return RowFile.read(channel, position + (long) number * rowBytes, rowBytes);
    }
  }

  /** Takes where the row of an example is. */
  interface Taker {
    void take(RowDigest example, Block block, int row);
  }

  /**
   * Tells {@code taker} of all rows of a file. Those of its last block may be cut off: then reading
   * them fails.
   *
   * @return up to which byte the file holds whole blocks, where something else follows them; none
   *     where all of it is blocks, whatever the last one lacks
   */
  static OptionalLong read(FileChannel channel, RowForm form, Taker taker) throws IOException {
    long size = channel.size();
    long at = 0;
    while (size - at >= HEADER) {
      ByteBuffer header = read(channel, at, HEADER);
      boolean known = header.getInt() == MAGIC;
      int rows = header.getInt();
      boolean fits = header.getInt() == form.bytes() & header.getInt() == number(form);
      long digests = (long) rows * RowDigest.BYTES;
      long content = (long) rows * form.bytes();
      if (!known || rows <= 0 || !fits || digests + content > LARGEST) {
        return OptionalLong.of(at);
      }
      if (digests > size - at - HEADER) {
        return OptionalLong.empty(); // a writer was killed, or is at it
      }
      int crcOfRows = header.getInt();
      int crc = header.getInt();
      ByteBuffer examples = read(channel, at + HEADER, (int) digests);
      if (crc(header.position(0).limit(CHECKED), examples.duplicate()) != crc) {
        return OptionalLong.of(at);
      }
      Block block = new Block(channel, at + HEADER + digests, (int) content, crcOfRows);
      for (int i = 0; i < rows; i++) {
        taker.take(RowDigest.read(examples), block, i);
      }
      at += HEADER + digests + content;
    }
    return OptionalLong.empty();
  }

  private static int number(RowForm form) {
    return form.kept().proto().getNumber();
  }

  private static ByteBuffer read(FileChannel channel, long position, int bytes) throws IOException {
    if (position + bytes > channel.size()) { // before there is memory taken for it
      throw new IOException("a file of features ends early");
    }
    ByteBuffer read = ByteBuffer.allocate(bytes);
    while (read.hasRemaining()) {
      if (channel.read(read, position + read.position()) < 0) {
        throw new IOException("a file of features ends early");
      }
    }
    return read.flip();
  }

  /** How many bytes a block of so many rows takes. */
  static long bytes(int rows, RowForm form) {
    return HEADER + (long) rows * (RowDigest.BYTES + form.bytes());
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

    private final Path file;
    private final FileChannel channel;
    private long whole; // bytes of blocks

    /** Makes {@code file}, which is not there. */
    Writer(Path file) throws IOException {
      this.file = file;
      channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /**
     * Appends the rows of {@code examples}, in blocks that are read whole. If that fails the file
     * ends with the last whole block, and nothing more can be appended.
     */
    void append(List<RowDigest> examples, TensorValue rows, RowForm form) throws IOException {
      int most = Math.max(1, SPLIT / (RowDigest.BYTES + form.bytes()));
      try {
        for (int from = 0, to; from < examples.size(); from = to) {
          to = Math.min(examples.size(), from + most);
          TensorValue some = form.toKept(Rows.range(rows, from, to));
          appendBlock(examples.subList(from, to), some.bytes(), form);
          whole = channel.size();
        }
      } catch (ClosedChannelException e) {
        throw e; // whoever stopped this thread goes on with what is whole
      } catch (IOException e) {
        end();
        throw e;
      }
    }

    private void end() throws IOException {
      try (channel) {
        channel.truncate(whole);
      } finally {
        if (whole == 0) {
          Files.deleteIfExists(file);
        }
      }
    }

    private void appendBlock(List<RowDigest> examples, ByteBuffer content, RowForm form)
        throws IOException {
      ByteBuffer start = ByteBuffer.allocate(HEADER + examples.size() * RowDigest.BYTES);
      start.putInt(MAGIC).putInt(examples.size()).putInt(form.bytes()).putInt(number(form));
      start.putInt(crc(content.duplicate())).position(HEADER);
      examples.forEach(example -> example.write(start));
      start.flip();
      start.putInt(
          CHECKED, crc(start.slice(0, CHECKED), start.slice(HEADER, start.limit() - HEADER)));
      for (ByteBuffer part : new ByteBuffer[] {start, content}) {
        while (part.hasRemaining()) {
          channel.write(part);
        }
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
