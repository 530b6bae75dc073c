package dev.graft.tensor;

import dev.graft.error.InputOutputException;
import dev.graft.error.Internal;
import dev.graft.words.Remedy;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Rows in a file, row i in its i-th place, for more of them than memory has room for. The file is
 * nobody else's, and goes when it is closed; where the system allows it, it has no name as soon as
 * it is open, so that nothing is left of a process that is killed.
 */
@Internal
public final class FileRows implements RowSink, RowTable, Closeable {

  private static final int PIECE = 1 << 20; // bytes: the JDK copies as much outside the heap

  private final Path folder;
  private final FileChannel channel;
  private @Nullable TensorValue none; // dtype and shape, without a row

  /**
   * Makes a file.
   *
   * @param folder where, made if it is not there
   * @throws InputOutputException if that cannot be
   */
  public FileRows(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(folder);
      channel =
          FileChannel.open(
              folder.resolve(UUID.randomUUID() + ".tmp"),
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public void put(TensorValue tensor, int[] places) {
    TensorValue like = none == null ? tensor : none;
    RowSink.requireAlike(like, tensor);
    if (none == null) {
      none = Rows.range(tensor, 0, 0);
    }
    int width = (int) Rows.rowBytes(tensor);
    ByteBuffer bytes = tensor.bytes();
    try {
      for (int row = 0, end; row < places.length; row = end) {
        end = row + 1;
        while (end < places.length && places[end] == places[end - 1] + 1) {
          end++;
        }
        ByteBuffer some = bytes.slice(row * width, (end - row) * width);
        for (long at = (long) places[row] * width; some.hasRemaining(); ) {
          at += channel.write(some, at);
        }
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public RowTable table() {
    return this;
  }

  @Override
  public TensorValue rows(int[] numbers, TensorValue spent) {
    ByteBuffer out = memory(numbers.length, spent);
    int width = width();
    for (int i = 0; i < numbers.length; i++) {
      read(out.limit((i + 1) * width), (long) numbers[i] * width);
    }
    return value(numbers.length, out.flip());
  }

  @Override
  public TensorValue range(int from, int to, TensorValue spent) {
    ByteBuffer out = memory(to - from, spent);
    read(out, (long) from * width());
    return value(to - from, out.flip());
  }

  private ByteBuffer memory(int rows, TensorValue spent) {
    int size = Math.multiplyExact(rows, width());
    return spent.dtype() == DType.STRING ? ByteBuffer.allocate(size) : spent.memory(size);
  }

  private void read(ByteBuffer out, long position) {
    int end = out.limit();
    long at = position;
    try {
      while (out.position() < end) {
        out.limit(Math.min(end, out.position() + PIECE));
        int count = channel.read(out, at);
        if (count < 0) {
          throw new IOException("it ends early");
        }
        at += count;
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private TensorValue none() {
    if (none == null) {
      throw new IllegalStateException("no rows were put");
    }
    return none;
  }

  private int width() {
    return (int) Rows.rowBytes(none());
  }

  private TensorValue value(int rows, ByteBuffer bytes) {
    return TensorValue.of(none().dtype(), none().shape().dim(0, rows), bytes);
  }

  private InputOutputException failed(IOException e) {
    return new InputOutputException(
        "features that memory has no room for go through a file in "
            + folder
            + ", which failed ("
            + e
            + "); make room on that disk, or give Java more memory.",
        e,
        Remedy.MORE_HEAP);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
