package dev.graft.data.boxes;

import dev.graft.data.PictureSize;
import dev.graft.error.Internal;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The size of a picture and how it is turned when it is shown.
 *
 * @param width columns, as stored
 * @param height rows, as stored
 * @param orientation what EXIF says, 1 to 8; 1 is upright
 */
@Internal
public record PictureHeader(int width, int height, int orientation) {

  private static final int SEGMENTS = 10; // as many as the decode graph looks at
  private static final int MOST_ENTRIES = 256;
  private static final int ORIENTATION = 0x0112;
  private static final int LONG = 4;
  private static final int EXIF = 0x45786966;

  static PictureHeader of(Path file) throws IOException {
    PictureSize size = PictureSize.of(file);
    try (InputStream in = Files.newInputStream(file)) {
      return new PictureHeader((int) size.width(), (int) size.height(), orientation(in));
    }
  }

  /** That of an encoded picture. */
  public static PictureHeader of(byte[] encoded) {
    PictureSize size = PictureSize.of(encoded);
    try {
      int orientation = orientation(new ByteArrayInputStream(encoded));
      return new PictureHeader((int) size.width(), (int) size.height(), orientation);
    } catch (IOException e) {
      throw new UncheckedIOException("memory is always read", e);
    }
  }

  /** Whether rows become columns. */
  boolean isOnItsSide() {
    return orientation >= 5;
  }

  /** Columns, as it is shown. */
  public int shownWidth() {
    return isOnItsSide() ? height : width;
  }

  /** Rows, as it is shown. */
  public int shownHeight() {
    return isOnItsSide() ? width : height;
  }

  /** As {@code ExifOrientation} finds it in the graph: from the first segment with EXIF data. */
  private static int orientation(InputStream file) throws IOException {
    DataInputStream in = new DataInputStream(new BufferedInputStream(file));
    try {
      return in.readUnsignedShort() == 0xFFD8 ? ofSegments(in) : 1;
    } catch (EOFException e) { // cut short: the decoder says so
      return 1;
    }
  }

  private static int ofSegments(DataInputStream in) throws IOException {
    for (int i = 0; i < SEGMENTS; i++) {
      int marker = in.readUnsignedShort();
      int length = Math.max(0, in.readUnsignedShort() - 2);
      if (marker == 0xFFE1 && length >= 6) {
        int name = in.readInt();
        if (name == EXIF && in.readUnsignedShort() == 0) {
          return ofTiff(read(in, length - 6));
        }
        in.skipNBytes(length - (name == EXIF ? 6 : 4));
      } else {
        in.skipNBytes(length);
      }
    }
    return 1;
  }

  private static ByteBuffer read(InputStream in, int length) throws IOException {
    return ByteBuffer.wrap(in.readNBytes(length));
  }

  private static int ofTiff(ByteBuffer tiff) {
    if (tiff.capacity() < 8) {
      return 1;
    }
    tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    long directory = tiff.getInt(4) & 0xFFFFFFFFL;
    if (directory + 2 > tiff.capacity()) {
      return 1;
    }
    int at = (int) directory;
    int entries = Math.min(tiff.getShort(at) & 0xFFFF, MOST_ENTRIES);
    int found = 0;
    for (int entry = at + 2; entries > 0 && entry + 12 <= tiff.capacity(); entry += 12) {
      if ((tiff.getShort(entry) & 0xFFFF) == ORIENTATION) {
        boolean isLong = tiff.getShort(entry + 2) == LONG;
        found = Math.max(found, isLong ? tiff.getInt(entry + 8) : tiff.getShort(entry + 8));
      }
      entries--;
    }
    return found >= 1 && found <= 8 ? found : 1;
  }
}
