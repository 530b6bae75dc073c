package dev.graft.exporter.internal.sample;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/** Pictures for models that decode them: not every one takes every format, or any size. */
public final class MadeUpPictures {

  private static final int SIDE = 16;

  /** What models are often made for, besides. */
  private static final int[] SIDES = {SIDE, 32, 224, 299};

  /** A JPEG of 16 x 16: red grows to the right, green downwards, blue with both. */
  private static final ByteString JPEG =
      ByteString.copyFrom(
          Base64.getDecoder()
              .decode(
                  "/9j/4AAQSkZJRgABAgAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdA"
                      + "SFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2Nj"
                      + "Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAQABADASIAAhEB"
                      + "AxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABQb/xAAYEAACAwAAAAAAAAAAAAAAAAAABAUhMf/EABQB"
                      + "AQAAAAAAAAAAAAAAAAAAAAD/xAAYEQADAQEAAAAAAAAAAAAAAAAAAgQhMf/aAAwDAQACEQMRAD8A"
                      + "m1o/KFlo/KE1o/KFlo/KCOIL+af/2Q=="));

  private MadeUpPictures() {}

  /** All of them, to be tried one after the other. */
  public static List<ByteString> all() {
    List<ByteString> all = new ArrayList<>(List.of(bmp()));
    for (int side : SIDES) {
      all.add(png(side));
    }
    all.add(JPEG);
    return all;
  }

  /** Coloured noise, 24 bits, no compression. */
  private static ByteString bmp() {
    int content = SIDE * SIDE * 3;
    ByteBuffer bmp = ByteBuffer.allocate(54 + content).order(ByteOrder.LITTLE_ENDIAN);
    bmp.put((byte) 'B').put((byte) 'M').putInt(54 + content).putInt(0).putInt(54);
    bmp.putInt(40).putInt(SIDE).putInt(SIDE).putShort((short) 1).putShort((short) 24);
    bmp.putInt(0).putInt(content).putInt(2835).putInt(2835).putInt(0).putInt(0);
    SplittableRandom random = new SplittableRandom(2);
    while (bmp.hasRemaining()) {
      bmp.put((byte) random.nextInt(256));
    }
    return ByteString.copyFrom(bmp.flip());
  }

  /** A pattern in three colours of 8 bits, which packs well. */
  private static ByteString png(int side) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (DeflaterOutputStream pixels = new DeflaterOutputStream(packed)) {
      for (int y = 0; y < side; y++) {
        pixels.write(0); // no filter
        for (int x = 0; x < side; x++) {
          pixels.write(new byte[] {(byte) (16 * x), (byte) (16 * y), (byte) (8 * (x + y))});
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException(e); // in memory
    }
    ByteBuffer size = ByteBuffer.allocate(13).putInt(side).putInt(side);
    size.put((byte) 8).put((byte) 2); // bits, and red, green and blue
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    png.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    chunk(png, "IHDR", size.array());
    chunk(png, "IDAT", packed.toByteArray());
    chunk(png, "IEND", new byte[0]);
    return ByteString.copyFrom(png.toByteArray());
  }

  private static void chunk(ByteArrayOutputStream png, String name, byte[] content) {
    byte[] type = name.getBytes(StandardCharsets.US_ASCII);
    CRC32 sum = new CRC32();
    sum.update(type);
    sum.update(content);
    png.writeBytes(ByteBuffer.allocate(4).putInt(content.length).array());
    png.writeBytes(type);
    png.writeBytes(content);
    png.writeBytes(ByteBuffer.allocate(4).putInt((int) sum.getValue()).array());
  }
}
