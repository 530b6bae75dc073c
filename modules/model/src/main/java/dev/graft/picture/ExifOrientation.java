package dev.graft.picture;

import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.tensorflow.proto.DataType;

/**
 * Finds in the graph how a camera says that it was held: the EXIF orientation of JPEGs, which
 * TensorFlow's decoder leaves out of account. Reads the first segments of all files at once (ITU-T
 * T.81, B.1.1) up to the one with EXIF data and there tag 0x0112 of the first TIFF directory (Exif
 * 2.32, 4.6). Files that are no JPEG or are cut short count as upright: no read begins behind the
 * end of a file, and behind that are zeros.
 */
final class ExifOrientation {

  private static final int SEGMENTS = 10; // EXIF stands first, or after JFIF and colour profiles
  private static final int MAX_ENTRIES = 256;
  private static final int ENTRY = 12; // bytes
  private static final int ORIENTATION = 0x0112;
  private static final int LONG = 4; // the type of four bytes; others have the value in two

  /** A segment's marker APP1, two bytes of length, "Exif", two zeros. */
  private static final int[] EXIF = {0xFF, 0xE1, 0, 0, 'E', 'x', 'i', 'f', 0, 0};

  private static final boolean[] ANY = {
    false, false, true, true, false, false, false, false, false, false
  };

  private final Scope g;
  private final TensorRef files; // string [N]
  private final TensorRef ends; // their lengths, int32 [N]

  private ExifOrientation(Scope g, TensorRef files) {
    this.g = g;
    this.files = files;
    this.ends = g.add("StringLength", files);
  }

  /**
   * The orientation of each file: int32 [N], 1 to 8; 1 is upright.
   *
   * @param files the bytes, string [N]
   */
  static TensorRef of(Scope g, TensorRef files) {
    return new ExifOrientation(g, files).orientation();
  }

  private TensorRef orientation() {
    TensorRef tiff = tiffStart();
    TensorRef none = g.add("Less", tiff, g.scalar(0));
    TensorRef header = bytes(inside(tiff), 8);
    TensorRef little = g.add("Equal", column(header, 0), g.scalar('I'));
    TensorRef first = g.add("AddV2", tiff, number(header, 4, 4, little));
    TensorRef directory = g.add("SelectV2", none, ends, inside(first)); // zeros where there is none
    TensorRef all = bytes(directory, 2 + MAX_ENTRIES * ENTRY);
    TensorRef count = number(all, 0, 2, little);
    TensorRef entries =
        g.add(
            "Reshape",
            g.add("Slice", all, g.ints(0, 2), g.ints(-1, -1)),
            g.ints(-1, MAX_ENTRIES, ENTRY));
    TensorRef there = // bool [N, entries]
        g.add(
            "Less",
            g.ints(IntStream.range(0, MAX_ENTRIES).toArray()),
            g.add("ExpandDims", count, g.scalar(1)));
    TensorRef each = g.add("ExpandDims", little, g.scalar(1));
    TensorRef isOrientation = g.add("Equal", number(entries, 0, 2, each), g.scalar(ORIENTATION));
    TensorRef isLong = g.add("Equal", number(entries, 2, 2, each), g.scalar(LONG));
    TensorRef values =
        g.add("SelectV2", isLong, number(entries, 8, 4, each), number(entries, 8, 2, each));
    TensorRef wanted = g.add("LogicalAnd", isOrientation, there);
    TensorRef found = g.add("Max", g.add("SelectV2", wanted, values, g.scalar(0)), g.ints(1));
    TensorRef valid =
        g.add(
            "LogicalAnd",
            g.add("GreaterEqual", found, g.scalar(1)),
            g.add("LessEqual", found, g.scalar(8)));
    return g.add("SelectV2", valid, found, g.scalar(1));
  }

  /** Where the TIFF structure inside the EXIF segment of each starts, or -1: int32 [N]. */
  private TensorRef tiffStart() {
    TensorRef begin = bytes(g.add("ZerosLike", ends), 2);
    TensorRef isJpeg = g.add("All", g.add("Equal", begin, g.ints(0xFF, 0xD8)), g.ints(1));
    TensorRef start = g.add("SelectV2", isJpeg, g.scalar(2), ends); // after that mark
    TensorRef any = g.bools(Shape.of(EXIF.length), ANY);
    List<TensorRef> tiffs = new ArrayList<>();
    for (int i = 0; i < SEGMENTS; i++) {
      TensorRef segment = bytes(inside(start), EXIF.length);
      TensorRef same = g.add("LogicalOr", g.add("Equal", segment, g.ints(EXIF)), any);
      TensorRef isExif = g.add("All", same, g.ints(1));
      TensorRef tiff = g.add("AddV2", start, g.scalar(EXIF.length));
      tiffs.add(g.add("SelectV2", isExif, tiff, g.scalar(-1)));
      TensorRef length = weighted(segment, g.ints(0, 0, 1 << 8, 1, 0, 0, 0, 0, 0, 0));
      start = g.add("AddV2", g.add("AddV2", start, g.scalar(2)), length);
    }
    return g.add("Max", g.addList("Pack", tiffs), g.ints(0));
  }

  /** Places in the files, none of them behind the end. */
  private TensorRef inside(TensorRef places) {
    return g.add("Minimum", g.add("Maximum", places, g.scalar(0)), ends);
  }

  /** So many bytes of each file from a place on, zeros behind its end: int32 [N, count]. */
  private TensorRef bytes(TensorRef at, int count) {
    TensorRef part = JpegFrame.part(g, files, at, count);
    TensorRef raw = JpegFrame.numbers(g, part, count, DataType.DT_UINT8, true);
    return g.cast(raw, DataType.DT_INT32);
  }

  private TensorRef column(TensorRef bytes, int which) {
    return g.add("GatherV2", bytes, g.scalar(which), g.scalar(1));
  }

  /**
   * The unsigned number of {@code width} bytes that stands {@code at} so many from the beginning of
   * each row.
   *
   * @param little bool, of the shape of the result or one that it is broadcast from
   */
  private TensorRef number(TensorRef rows, int at, int width, TensorRef little) {
    int[] offsets = new int[width];
    int[] rising = new int[width];
    int[] falling = new int[width];
    for (int i = 0; i < width; i++) {
      offsets[i] = at + i;
      rising[i] = 1 << (8 * i);
      falling[width - 1 - i] = rising[i];
    }
    TensorRef read = g.add("GatherV2", rows, g.ints(offsets), g.scalar(-1));
    TensorRef order = g.add("ExpandDims", little, g.scalar(-1));
    return weighted(read, g.add("SelectV2", order, g.ints(rising), g.ints(falling)));
  }

  /** The sum along the last axis, each number times its weight. */
  private TensorRef weighted(TensorRef numbers, TensorRef weights) {
    return g.add("Sum", g.add("Mul", numbers, weights), g.ints(-1));
  }
}
