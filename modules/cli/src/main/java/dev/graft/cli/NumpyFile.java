package dev.graft.cli;

import dev.graft.error.BadRequestException;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.stream.Collectors;

/** A tensor in NumPy's format 1.0, as {@code numpy.lib.format} describes it. */
final class NumpyFile {

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  private static final int ALIGNED = 64; // bytes

  private NumpyFile() {}

  /** Refuses what cannot be written. */
  static void require(DType dtype) {
    if (dtype != DType.FLOAT32) {
      throw new BadRequestException(
          "features are written as float32, and those of this model's head are "
              + dtype
              + "; take a model that computes in float32.");
    }
  }

  /** Writes float32 numbers into {@code file}, all of them or none. */
  static void write(Path file, TensorValue value) throws IOException {
    require(value.dtype());
    Path next = file.resolveSibling("." + file.getFileName() + ".part");
    try (FileChannel channel =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      for (ByteBuffer part : new ByteBuffer[] {header(value), value.bytes()}) {
        while (part.hasRemaining()) {
          channel.write(part);
        }
      }
      Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(next);
    }
  }

  private static ByteBuffer header(TensorValue value) {
    String shape =
        Arrays.stream(value.shape().dims())
            .mapToObj(dim -> dim + ",")
            .collect(Collectors.joining(" ", "(", ")"));
    String text = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
    int length = MAGIC.length + Short.BYTES + text.length() + 1;
    String padded = text + " ".repeat(Math.floorMod(-length, ALIGNED)) + "\n";
    ByteBuffer header = ByteBuffer.allocate(MAGIC.length + Short.BYTES + padded.length());
    header.put(MAGIC).putShort(Short.reverseBytes((short) padded.length()));
    return header.put(padded.getBytes(StandardCharsets.US_ASCII)).flip();
  }
}
