package dev.graft.picture;

import com.google.protobuf.ByteString;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * Finds in the graph how a camera says that it was held: the EXIF orientation of a JPEG, which
 * TensorFlow's decoder leaves out of account. Reads the JPEG's first segments (ITU-T T.81, B.1.1)
 * up to the one with EXIF data and there tag 0x0112 of the first TIFF directory (Exif 2.32, 4.6).
 * Files that are no JPEG or are cut short count as upright: every read is clamped to the bytes that
 * are there.
 */
final class ExifOrientation {

  private static final int SEGMENTS = 10; // EXIF stands first, or after JFIF and colour profiles
  private static final int PREFIX = 1 << 20; // as many full ones, and more
  private static final int MAX_ENTRIES = 256;
  private static final int ORIENTATION = 0x0112;
  private static final int LONG = 4; // the type of four bytes; others have the value in two

  private final Scope g;
  private final TensorRef bytes; // uint8 vector
  private final TensorRef last; // its last index

  private ExifOrientation(Scope g, TensorRef file) {
    this.g = g;
    // zeros at the end, so that there is something to read in an empty file
    TensorRef zeros = g.constant(TensorValue.strings(Shape.scalar(), List.of(zeros(32))));
    TensorRef padded = g.addList("StringJoin", List.of(file, zeros));
    TensorRef head = g.add("Substr", padded, g.scalar(0), g.scalar(PREFIX));
    this.bytes = g.op("DecodeRaw").input(head).attr("out_type", DataType.DT_UINT8).output();
    this.last = g.add("Sub", g.add("Size", bytes), g.scalar(1));
  }

  private static ByteString zeros(int count) {
    return ByteString.copyFrom(new byte[count]);
  }

  /**
   * The orientation of one file: int32 scalar, 1 to 8; 1 is upright.
   *
   * @param file the file's bytes, a string scalar
   */
  static TensorRef of(Scope g, TensorRef file) {
    return new ExifOrientation(g, file).orientation();
  }

  private TensorRef orientation() {
    TensorRef tiff = tiffStart();
    TensorRef none = g.add("Less", tiff, g.scalar(0));
    TensorRef little = g.add("Equal", at(tiff), g.scalar('I'));
    TensorRef directory =
        g.add("AddV2", tiff, number(g.add("AddV2", tiff, g.scalar(4)), 4, little));
    TensorRef count = g.add("Minimum", number(directory, 2, little), g.scalar(MAX_ENTRIES));
    TensorRef range = g.add("Range", g.scalar(0), count, g.scalar(1));
    TensorRef entries =
        g.add("AddV2", g.add("AddV2", directory, g.scalar(2)), g.add("Mul", range, g.scalar(12)));
    TensorRef isOrientation = g.add("Equal", number(entries, 2, little), g.scalar(ORIENTATION));
    TensorRef isLong =
        g.add("Equal", number(g.add("AddV2", entries, g.scalar(2)), 2, little), g.scalar(LONG));
    TensorRef at = g.add("AddV2", entries, g.scalar(8));
    TensorRef values = g.add("SelectV2", isLong, number(at, 4, little), number(at, 2, little));
    TensorRef found =
        g.add("Max", g.add("SelectV2", isOrientation, values, g.scalar(0)), g.ints(0));
    TensorRef valid =
        g.add(
            "LogicalAnd",
            g.add("GreaterEqual", found, g.scalar(1)),
            g.add("LessEqual", found, g.scalar(8)));
    TensorRef usable = g.add("LogicalAnd", valid, g.add("LogicalNot", none));
    return g.add("SelectV2", usable, found, g.scalar(1));
  }

  /** Where the TIFF structure inside the EXIF segment starts, or -1: int32 scalar. */
  private TensorRef tiffStart() {
    TensorRef big = g.bools(Shape.scalar(), false);
    List<TensorRef> starts = new ArrayList<>();
    TensorRef start = g.scalar(2); // after the start-of-image marker
    for (int i = 0; i < SEGMENTS; i++) {
      starts.add(start);
      TensorRef length = number(g.add("AddV2", start, g.scalar(2)), 2, big);
      start = g.add("AddV2", g.add("AddV2", start, g.scalar(2)), length);
    }
    TensorRef all = g.op("Pack").inputs(starts).output();
    // marker APP1, two bytes of length, "Exif", two zeros
    TensorRef offsets = g.ints(0, 1, 4, 5, 6, 7, 8, 9);
    TensorRef wanted = g.ints(0xFF, 0xE1, 'E', 'x', 'i', 'f', 0, 0);
    TensorRef read = at(g.add("AddV2", g.add("ExpandDims", all, g.scalar(-1)), offsets));
    TensorRef isExif = g.add("All", g.add("Equal", read, wanted), g.ints(1));
    TensorRef isJpeg =
        g.add("All", g.add("Equal", at(g.ints(0, 1)), g.ints(0xFF, 0xD8)), g.ints(0));
    TensorRef tiffs =
        g.add(
            "SelectV2",
            g.add("LogicalAnd", isExif, isJpeg),
            g.add("AddV2", all, g.scalar(10)),
            g.scalar(-1));
    return g.add("Max", tiffs, g.ints(0));
  }

  /** The bytes at {@code positions} (any shape) as int32, positions clamped to the file. */
  private TensorRef at(TensorRef positions) {
    TensorRef clamped = g.add("Minimum", g.add("Maximum", positions, g.scalar(0)), last);
    return g.cast(g.add("GatherV2", bytes, clamped, g.scalar(0)), DataType.DT_INT32);
  }

  /** The unsigned number of {@code width} bytes at each of {@code positions}. */
  private TensorRef number(TensorRef positions, int width, TensorRef little) {
    int[] offsets = new int[width];
    int[] rising = new int[width];
    int[] falling = new int[width];
    for (int i = 0; i < width; i++) {
      offsets[i] = i;
      rising[i] = 1 << (8 * i);
      falling[width - 1 - i] = rising[i];
    }
    TensorRef read =
        at(g.add("AddV2", g.add("ExpandDims", positions, g.scalar(-1)), g.ints(offsets)));
    TensorRef weights = g.add("SelectV2", little, g.ints(rising), g.ints(falling));
    return g.add("Sum", g.add("Mul", read, weights), g.ints(-1));
  }
}
