package dev.graft.data;

import com.google.protobuf.ByteString;
import dev.graft.error.Internal;
import dev.graft.picture.PixelLimit;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a file is, told by its first bytes. */
@Internal
public enum ImageFormat {
  JPEG("a JPEG", true),
  PNG("a PNG", true),
  GIF("a GIF", true),
  BMP("a BMP", true),
  /** TensorFlow decodes it to wrong colours without a word. */
  BMP_PALETTE("a BMP with a palette", false),
  BMP_16_BITS("a BMP with 16 bits for each pixel", false),
  BMP_OS2("a BMP as OS/2 wrote it", false),
  WEBP("a WebP picture", false),
  TIFF("a TIFF picture", false),
  HEIF("a HEIF or AVIF picture", false),
  EMPTY("empty", false),
  OTHER("no picture", false);

  /** How many bytes {@link #of} wants to see. */
  static final int HEADER = 64;

  /** From how many pixels on a picture is not decoded. */
  static final long MOST_PIXELS = PixelLimit.PIXELS;

  /**
   * From how many bytes on a picture's file is not read: 100 million, or what the system property
   * {@code graft.bytes} says.
   */
  public static final long MOST_BYTES = Long.getLong("graft.bytes", 100_000_000);

  private final String words;
  private final boolean decodable; // by the decode graph

  ImageFormat(String words, boolean decodable) {
    this.words = words;
    this.decodable = decodable;
  }

  /** What it is, to stand after "is". */
  String words() {
    return words;
  }

  /**
   * What speaks against decoding {@code picture}, to stand after "is"; empty if nothing does as far
   * as its header tells.
   */
  public static Optional<String> unfit(ByteString picture) {
    if (picture.size() > MOST_BYTES) {
      return Optional.of(tooLarge());
    }
    try {
      byte[] head = picture.substring(0, Math.min(HEADER, picture.size())).toByteArray();
      return unfit(of(head), picture.newInput());
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
  }

  /**
   * What speaks against decoding the picture in {@code file}, as {@link #unfit(ByteString)}. Pipes
   * and devices are not opened: that might wait for ever.
   */
  public static Optional<String> unfit(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      return Optional.of(
          "no file but a " + (Files.isDirectory(file) ? "folder" : "pipe or device"));
    }
    if (Files.exists(file) && Files.size(file) > MOST_BYTES) {
      return Optional.of(tooLarge());
    }
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      in.mark(HEADER);
      ImageFormat format = of(in.readNBytes(HEADER));
      in.reset();
      return unfit(format, in);
    }
  }

  /** What a file of too many bytes is, to stand after "is". */
  public static String tooLarge() {
    return String.format(
        Locale.ROOT,
        "larger than %,d bytes; such files are not read, unless the system property graft.bytes"
            + " allows more",
        MOST_BYTES);
  }

  private static Optional<String> unfit(ImageFormat format, InputStream picture)
      throws IOException {
    if (!format.decodable) {
      return Optional.of(format.words + "; only JPEG, PNG, GIF and BMP can be read");
    }
    PictureSize size = PictureSize.read(format, picture);
    return size.pixels() <= MOST_PIXELS
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "%s of %,d x %,d pixels; more than %,d are not decoded, unless the system"
                    + " property graft.pixels allows more",
                format.words,
                size.width(),
                size.height(),
                MOST_PIXELS));
  }

  /** The format of a file that starts with {@code head} (up to {@link #HEADER} bytes). */
  static ImageFormat of(byte[] head) {
    if (head.length == 0) {
      return EMPTY;
    }
    if (at(head, 0, 0xFF, 0xD8, 0xFF)) {
      return JPEG;
    }
    if (at(head, 0, 0x89, 'P', 'N', 'G')) {
      return PNG;
    }
    if (text(head, 0, "GIF87a") || text(head, 0, "GIF89a")) {
      return GIF;
    }
    if (text(head, 0, "BM") && head.length > 30) {
      return bmp(head);
    }
    if (text(head, 0, "RIFF") && text(head, 8, "WEBP")) {
      return WEBP;
    }
    if (at(head, 0, 'I', 'I', 42, 0) || at(head, 0, 'M', 'M', 0, 42)) {
      return TIFF;
    }
    boolean heif =
        text(head, 4, "ftyp")
            && (text(head, 8, "he") || text(head, 8, "avi") || text(head, 8, "mif"));
    return heif ? HEIF : OTHER;
  }

  private static ImageFormat bmp(byte[] head) {
    if (at(head, 14, 12, 0, 0, 0)) { // a shorter header, in which the depth stands elsewhere
      return BMP_OS2;
    }
    int bitsPerPixel = (head[28] & 0xFF) | (head[29] & 0xFF) << 8;
    return bitsPerPixel >= 24 ? BMP : bitsPerPixel == 16 ? BMP_16_BITS : BMP_PALETTE;
  }

  private static boolean text(byte[] head, int from, String wanted) {
    byte[] bytes = wanted.getBytes(StandardCharsets.US_ASCII);
    int to = from + bytes.length;
    return head.length >= to && Arrays.equals(head, from, to, bytes, 0, bytes.length);
  }

  private static boolean at(byte[] head, int from, int... wanted) {
    for (int i = 0; i < wanted.length; i++) {
      if (head.length <= from + i || (head[from + i] & 0xFF) != wanted[i]) {
        return false;
      }
    }
    return true;
  }
}
