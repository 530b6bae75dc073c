package dev.graft.data;

import com.google.common.math.LongMath;
import dev.graft.error.Internal;
import dev.graft.picture.JpegFrame;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many pixels a picture has, read from its header: a file of a few kilobytes may stand for
 * gigabytes of them, and decoding them is what has to be spared.
 *
 * @param width columns, 0 where the header does not tell
 * @param height rows, 0 where the header does not tell
 * @param pixels what decoding takes memory for, in pixels of three bytes
 */
@Internal
public record PictureSize(long width, long height, long pixels) {

  private static final PictureSize UNKNOWN = new PictureSize(0, 0, 0);

  /** TensorFlow reads all frames of a GIF into memory, a byte a pixel, to give the first. */
  private static final int FRAME_SHARE = 8;

  private static PictureSize of(long width, long height) {
    return new PictureSize(width, height, LongMath.saturatedMultiply(width, height));
  }

  /** The size of the picture in {@code file}, as it is stored; 0 where its header does not tell. */
  public static PictureSize of(Path file) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      in.mark(ImageFormat.HEADER);
      ImageFormat format = ImageFormat.of(in.readNBytes(ImageFormat.HEADER));
      in.reset();
      return read(format, in);
    }
  }

  /** The size of an encoded picture; 0 where its header does not tell. */
  public static PictureSize of(byte[] encoded) {
    try {
      ByteArrayInputStream in = new ByteArrayInputStream(encoded);
      return read(
          ImageFormat.of(in.readNBytes(ImageFormat.HEADER)), new ByteArrayInputStream(encoded));
    } catch (IOException e) {
      throw new UncheckedIOException("memory is always read", e);
    }
  }

  /**
   * The size of a picture; unknown where the file ends before it tells.
   *
   * @param picture from its first byte on
   */
  static PictureSize read(ImageFormat format, InputStream picture) throws IOException {
    DataInputStream in = new DataInputStream(picture);
    try {
      return switch (format) {
        case JPEG -> jpeg(in);
        case PNG -> png(in);
        case GIF -> gif(in);
        case BMP -> bmp(in);
        default -> UNKNOWN;
      };
    } catch (EOFException e) { // cut short: the decoder says so
      return UNKNOWN;
    }
  }

  private static PictureSize png(DataInputStream in) throws IOException {
    in.skipNBytes(16); // signature, length and name of the first chunk
    return of(in.readInt() & 0xFFFFFFFFL, in.readInt() & 0xFFFFFFFFL);
  }

  private static PictureSize bmp(DataInputStream in) throws IOException {
    in.skipNBytes(18);
    long width = Integer.reverseBytes(in.readInt());
    long height = Integer.reverseBytes(in.readInt()); // below 0 where rows go downwards
    return of(Math.abs(width), Math.abs(height));
  }

  /** By the first frame header (ITU-T T.81, B.2.2), behind EXIF, colour profiles and tables. */
  private static PictureSize jpeg(DataInputStream in) throws IOException {
    in.skipNBytes(2);
    while (true) {
      int marker = 0;
      while (marker != 0xFF) { // what lies between segments is passed over, as the decoder does
        marker = in.readUnsignedByte();
      }
      while (marker == 0xFF) {
        marker = in.readUnsignedByte();
      }
      if (JpegFrame.isFrame(marker)) {
        in.skipNBytes(3); // length and precision
        long height = in.readUnsignedShort();
        return of(in.readUnsignedShort(), height);
      }
      if (JpegFrame.isPast(marker)) {
        return UNKNOWN;
      }
      if (!JpegFrame.isAlone(marker)) {
        in.skipNBytes(Math.max(0, in.readUnsignedShort() - 2));
      }
    }
  }

  private static PictureSize gif(DataInputStream in) throws IOException {
    in.skipNBytes(6);
    long width = little(in);
    long height = little(in);
    PictureSize screen = of(width, height);
    skipColours(in, in.readUnsignedByte());
    in.skipNBytes(2);
    long frames = 0;
    long widest = 0;
    long highest = 0;
    try {
      for (int block = in.readUnsignedByte(); block != 0x3B; block = in.readUnsignedByte()) {
        if (block == 0x2C) {
          in.skipNBytes(4);
          long across = little(in);
          long down = little(in);
          frames += across * down;
          widest = Math.max(widest, across); // TensorFlow makes room for these, not for the screen
          highest = Math.max(highest, down);
          skipColours(in, in.readUnsignedByte());
        }
        in.skipNBytes(1); // the label of an extension, or the size of the first code
        if (block != 0x2C) {
          in.skipNBytes(in.readUnsignedByte()); // TensorFlow's giflib reads on though it be empty
        }
        for (int size = in.readUnsignedByte(); size > 0; size = in.readUnsignedByte()) {
          in.skipNBytes(size);
        }
      }
    } catch (EOFException e) {
      // frames up to here
    }
    long decoded = Math.max(screen.pixels(), widest * highest);
    return new PictureSize(width, height, Math.max(decoded, frames / FRAME_SHARE));
  }

  private static void skipColours(DataInputStream in, int flags) throws IOException {
    if ((flags & 0x80) != 0) {
      in.skipNBytes(3L << ((flags & 7) + 1));
    }
  }

  private static int little(DataInputStream in) throws IOException {
    return in.readUnsignedByte() | in.readUnsignedByte() << 8;
  }
}
