package dev.graft.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes EXIF orientations for tests, and does on arrays what they ask for. */
public final class Exif {

  /** Where {@link #insert} puts the TIFF header: after SOI, marker, length, "Exif\0\0". */
  static final int TIFF = 2 + 2 + 2 + 6;

  private Exif() {}

  /** {@code jpeg} with an EXIF segment of three entries, the second of them the orientation. */
  public static byte[] insert(byte[] jpeg, int orientation, boolean littleEndian) {
    ByteBuffer tiff =
        ByteBuffer.allocate(8 + 2 + 3 * 12 + 4)
            .order(littleEndian ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    tiff.put((littleEndian ? "II" : "MM").getBytes(StandardCharsets.US_ASCII));
    tiff.putShort((short) 42).putInt(8).putShort((short) 3);
    tiff.putShort((short) 0x0106)
        .putShort((short) 3)
        .putInt(1)
        .putShort((short) 2)
        .putShort((short) 0);
    tiff.putShort((short) 0x0112).putShort((short) 3).putInt(1);
    tiff.putShort((short) orientation).putShort((short) 0);
    tiff.putShort((short) 0x0128)
        .putShort((short) 3)
        .putInt(1)
        .putShort((short) 7)
        .putShort((short) 0);
    ByteBuffer out = ByteBuffer.allocate(jpeg.length + 10 + tiff.capacity());
    out.put(jpeg, 0, 2);
    out.put((byte) 0xFF).put((byte) 0xE1).putShort((short) (8 + tiff.capacity()));
    out.put("Exif\0\0".getBytes(StandardCharsets.US_ASCII)).put(tiff.array());
    out.put(jpeg, 2, jpeg.length - 2);
    return out.array();
  }

  /** Writes the orientation that {@link #insert} put in as a number of four bytes. */
  public static void makeLong(byte[] jpeg, boolean littleEndian) {
    ByteBuffer entry =
        ByteBuffer.wrap(jpeg, TIFF + 10 + 12, 12)
            .slice()
            .order(littleEndian ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    entry.putShort(2, (short) 4).putInt(8, entry.getShort(8));
  }

  /**
   * {@code jpeg} with parts of a colour profile, each as large as a segment is, before the rest.
   */
  public static byte[] behindProfiles(byte[] jpeg, int parts) {
    ByteBuffer out = ByteBuffer.allocate(jpeg.length + parts * (2 + 0xFFFF));
    out.put(jpeg, 0, 2);
    for (int i = 0; i < parts; i++) {
      out.put((byte) 0xFF).put((byte) 0xE2).putShort((short) 0xFFFF).put(new byte[0xFFFF - 2]);
    }
    return out.put(jpeg, 2, jpeg.length - 2).array();
  }

  /**
   * {@code stored} [height, width, 3] as it looks upright. EXIF 2.32 says of each orientation what
   * side of the scene the 0th row and the 0th column are.
   */
  public static float[] upright(float[] stored, int height, int width, int orientation) {
    int outHeight = orientation >= 5 ? width : height;
    int outWidth = orientation >= 5 ? height : width;
    float[] out = new float[stored.length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int toY = // the scene's row
            switch (orientation) {
              case 1, 2 -> y;
              case 3, 4 -> height - 1 - y;
              case 5, 6 -> x;
              default -> width - 1 - x;
            };
        int toX =
            switch (orientation) {
              case 1, 4 -> x;
              case 2, 3 -> width - 1 - x;
              case 5, 8 -> y;
              default -> height - 1 - y;
            };
        for (int c = 0; c < 3; c++) {
          out[3 * (toY * outWidth + toX) + c] = stored[3 * (y * width + x) + c];
        }
      }
    }
    assert outHeight * outWidth * 3 == out.length;
    return out;
  }
}
