package dev.graft.data;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes a GIF of frames of one colour each, block by block, as no writer of pictures would. */
final class Gif {

  private final ByteArrayOutputStream file = new ByteArrayOutputStream();

  /** With a palette of 128 greys, 0, 2 and so on. */
  Gif(int width, int height) {
    file.writeBytes("GIF89a".getBytes(StandardCharsets.US_ASCII));
    file.writeBytes(words(width, height));
    file.writeBytes(new byte[] {(byte) 0x86, 0, 0});
    palette();
  }

  private static byte[] words(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      bytes.putShort((short) value);
    }
    return bytes.array();
  }

  private void palette() {
    for (int i = 0; i < 128; i++) {
      file.writeBytes(new byte[] {(byte) (2 * i), (byte) (2 * i), (byte) (2 * i)});
    }
  }

  Gif bytes(int... values) {
    for (int value : values) {
      file.write(value);
    }
    return this;
  }

  /** What a frame begins with, up to its pixels. */
  Gif header(int width, int height, int colours) {
    file.write(0x2C);
    file.writeBytes(words(0, 0, width, height));
    file.write(colours);
    for (int i = 0; i < (colours >> 7) * (2 << (colours & 7)); i++) {
      bytes(2 * i, 2 * i, 2 * i);
    }
    file.write(7);
    return this;
  }

  /** A frame whose codes take a byte each. */
  Gif frame(int width, int height, int colour) {
    header(width, height, colour % 2 == 0 ? 0 : 0x86); // with a palette of its own
    ByteArrayOutputStream codes = new ByteArrayOutputStream();
    for (int i = 0; i < width * height; i++) {
      if (i % 100 == 0) {
        codes.write(0x80); // forgets pairs, before a code takes nine bits
      }
      codes.write(colour);
    }
    codes.write(0x81);
    return parts(codes.toByteArray(), 255);
  }

  /** Some bytes in parts of {@code most} each. */
  Gif parts(byte[] bytes, int most) {
    for (int from = 0; from < bytes.length; from += most) {
      int length = Math.min(most, bytes.length - from);
      file.write(length);
      file.write(bytes, from, length);
    }
    file.write(0);
    return this;
  }

  byte[] end() {
    file.write(0x3B);
    return file.toByteArray();
  }
}
