package dev.graft.check;

import com.google.protobuf.ByteString;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;

/** Small files for models that read encoded pictures or sound. */
final class SampleFiles {

  private static final int SIDE = 64;
  private static final int RATE = 16_000;

  private SampleFiles() {}

  /**
   * A picture of coloured noise in soft blocks.
   *
   * @param format {@code jpg}, {@code png}, {@code gif} or {@code bmp}
   */
  static ByteString picture(String format, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    int block = 8;
    for (int y = 0; y < SIDE; y += block) {
      for (int x = 0; x < SIDE; x += block) {
        int rgb = random.nextInt(1 << 24);
        for (int i = 0; i < block * block; i++) {
          image.setRGB(x + i % block, y + i / block, rgb);
        }
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.setUseCache(false);
      if (!ImageIO.write(image, format, out)) {
        throw new IllegalArgumentException("no writer for " + format);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    return ByteString.copyFrom(out.toByteArray());
  }

  /** A second of noise as a WAV file: 16 bits, one channel. */
  static ByteString sound(int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int content = RATE * Short.BYTES;
    ByteBuffer wav = ByteBuffer.allocate(44 + content).order(ByteOrder.LITTLE_ENDIAN);
    wav.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(36 + content);
    wav.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(16);
    wav.putShort((short) 1).putShort((short) 1).putInt(RATE).putInt(RATE * Short.BYTES);
    wav.putShort((short) Short.BYTES).putShort((short) 16);
    wav.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(content);
    while (wav.hasRemaining()) {
      wav.putShort((short) random.nextInt(-3000, 3000));
    }
    return ByteString.copyFrom(wav.flip());
  }
}
