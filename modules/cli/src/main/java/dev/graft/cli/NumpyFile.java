package dev.graft.cli;

import dev.graft.error.BadRequestException;
import dev.graft.error.InputOutputException;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.UUID;
import java.util.stream.Collectors;

/** Rows in NumPy's format 1.0, as {@code numpy.lib.format} describes it: all of them or none. */
final class NumpyFile implements Closeable {

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  private static final int ALIGNED = 64; // bytes

  private final Path file;
  private final Path next;
  private final int rows;
  private final FileChannel channel;
  private Shape shape = Shape.unknown();

  /** Begins a file of so many rows, which replaces {@code file} when it is {@link #finish}ed. */
  NumpyFile(Path file, int rows) throws IOException {
    this.file = file;
    this.next = file.resolveSibling("." + file.getFileName() + "-" + UUID.randomUUID() + ".part");
    this.rows = rows;
    this.channel = FileChannel.open(next, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /** Refuses what cannot be written. */
  static void require(DType dtype) {
    if (dtype != DType.FLOAT32) {
      throw new BadRequestException(
          "features are written as float32, and those of this model's head are "
              + dtype
              + "; take a model that computes in float32.");
    }
  }

  /** Writes the next rows, of float32 numbers. */
  void append(TensorValue some) {
    require(some.dtype());
    try {
      if (shape.equals(Shape.unknown())) {
        shape = some.shape().dim(0, rows);
        write(header(shape));
      }
      write(some.bytes());
    } catch (IOException e) {
      throw new InputOutputException(
          file + " cannot be written (" + e + "); make room on its disk, or take another.", e);
    }
  }

  private void write(ByteBuffer part) throws IOException {
    while (part.hasRemaining()) {
      channel.write(part);
    }
  }

  /** Puts it in its place; gives the shape of what is in it. */
  Shape finish() throws IOException {
    Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
    return shape;
  }

  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(next);
  }

  private static ByteBuffer header(Shape shape) {
    String dims =
        Arrays.stream(shape.dims())
            .mapToObj(dim -> dim + ",")
            .collect(Collectors.joining(" ", "(", ")"));
    String text = "{'descr': '<f4', 'fortran_order': False, 'shape': " + dims + ", }";
    int length = MAGIC.length + Short.BYTES + text.length() + 1;
    String padded = text + " ".repeat(Math.floorMod(-length, ALIGNED)) + "\n";
    ByteBuffer header = ByteBuffer.allocate(MAGIC.length + Short.BYTES + padded.length());
    header.put(MAGIC).putShort(Short.reverseBytes((short) padded.length()));
    return header.put(padded.getBytes(StandardCharsets.US_ASCII)).flip();
  }
}
