package dev.graft.data;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What a file is, told by its first bytes. */
enum ImageFormat {
  JPEG("a JPEG", true),
  PNG("a PNG", true),
  GIF("a GIF", true),
  BMP("a BMP", true),
  /** TensorFlow decodes it to wrong colours without a word. */
  BMP_PALETTE("a BMP with a palette", false),
  WEBP("a WebP picture", false),
  TIFF("a TIFF picture", false),
  HEIF("a HEIF or AVIF picture", false),
  EMPTY("empty", false),
  OTHER("no picture", false);

  /** How many bytes {@link #of} wants to see. */
  static final int HEADER = 64;

  private final String words;
  private final boolean decodable;

  ImageFormat(String words, boolean decodable) {
    this.words = words;
    this.decodable = decodable;
  }

  /** Whether the decode graph reads it. */
  boolean isDecodable() {
    return decodable;
  }

  /** What it is, to stand after "is". */
  String words() {
    return words;
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
      int bitsPerPixel = (head[28] & 0xFF) | (head[29] & 0xFF) << 8;
      return bitsPerPixel >= 24 ? BMP : BMP_PALETTE;
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
