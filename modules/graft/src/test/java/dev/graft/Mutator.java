package dev.graft;

import com.google.protobuf.Message;
import dev.graft.testkit.ZooModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.tensorflow.proto.SavedModel;

/** Writes damaged copies of SavedModels: the same seed, the same damage. */
final class Mutator {

  private static final int TRAILER = 5; // behind each block of an index: a type, a checksum

  private final Random random;
  private final Path folder;

  /**
   * A mutator.
   *
   * @param folder where the copy is written; what is in it is overwritten
   */
  Mutator(long seed, Path folder) {
    this.random = new Random(seed);
    this.folder = folder;
  }

  /** What was done to a model, in words. */
  String damage(ZooModel zoo) throws IOException {
    Path model = zoo.savedModel();
    copy(model);
    String file =
        switch (random.nextInt(10)) {
          case 0 -> "variables/variables.index";
          case 1 -> "variables/variables.data-00000-of-00001";
          case 2 -> "keras_metadata.pb";
          default -> "saved_model.pb";
        };
    Path target = folder.resolve(file);
    if (!Files.exists(target)) {
      target = folder.resolve("saved_model.pb");
    }
    byte[] bytes = Files.readAllBytes(target);
    boolean pb = target.endsWith("saved_model.pb");
    if (pb && random.nextInt(4) > 0) {
      ProtoMutator mutator = new ProtoMutator(random);
      Message message = SavedModel.parseFrom(bytes);
      int changes = 1 + random.nextInt(3);
      for (int i = 0; i < changes; i++) {
        message = mutator.mutate(message);
      }
      Files.write(target, message.toByteArray());
      return "saved_model.pb: " + changes + " fields";
    }
    if (random.nextInt(40) == 0) {
      Files.delete(target);
      return target.getFileName() + ": missing";
    }
    byte[] damaged = bytes(bytes);
    if (target.toString().endsWith(".index")) {
      sign(damaged);
    }
    Files.write(target, damaged);
    return target.getFileName() + ": bytes";
  }

  /** Copies a model into the folder as it is. */
  void copy(Path model) throws IOException {
    try (Stream<Path> files = Files.walk(model)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path copy = folder.resolve(model.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.write(copy, Files.readAllBytes(file));
        }
      }
    }
  }

  private byte[] bytes(byte[] original) {
    byte[] bytes = original.clone();
    if (bytes.length == 0) {
      return new byte[] {(byte) random.nextInt(256)};
    }
    int at = random.nextInt(bytes.length);
    switch (random.nextInt(5)) {
      case 0 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 1 -> {
        int end = Math.min(bytes.length, at + 1 + random.nextInt(16));
        Arrays.fill(bytes, at, end, (byte) (random.nextBoolean() ? 0xff : 0));
      }
      case 2 -> {
        int from = random.nextInt(bytes.length);
        int length = Math.min(random.nextInt(64), bytes.length - Math.max(at, from));
        System.arraycopy(original, from, bytes, at, length);
      }
      default -> {
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
    }
    return bytes;
  }

  /** Makes the checksums of an index right again, so that what is behind them is read. */
  private static void sign(byte[] index) {
    ByteBuffer in = ByteBuffer.wrap(index).order(ByteOrder.LITTLE_ENDIAN);
    int footer = index.length - 48;
    if (footer < 0) {
      return;
    }
    try {
      ByteBuffer handles = in.duplicate().position(footer);
      int meta = varint(handles);
      int metaSize = varint(handles);
      sign(in, varint(handles), varint(handles)); // the index of the blocks
      sign(in, meta, metaSize);
      sign(in, 0, meta - TRAILER); // the only data block of so small a file
    } catch (RuntimeException e) {
      return; // too damaged for that: its checksums stay wrong
    }
  }

  private static void sign(ByteBuffer file, int offset, int size) {
    CRC32C crc = new CRC32C();
    crc.update(file.slice(offset, size + 1));
    int value = (int) crc.getValue();
    file.putInt(offset + size + 1, ((value >>> 15) | (value << 17)) + 0xa282ead8);
  }

  /** A number of 7 bits a byte. */
  static int varint(ByteBuffer in) {
    int value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }
}
