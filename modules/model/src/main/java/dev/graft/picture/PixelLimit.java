package dev.graft.picture;

import com.google.protobuf.ByteString;
import dev.graft.error.Internal;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tensorflow.proto.DataType;

/**
 * Refuses in the graph, by its header, a picture of more pixels than are decoded: a file of a few
 * kilobytes may stand for gigabytes of them. What a header does not tell is left to the decoder. Of
 * a GIF it is the size of the screen; its frames are not counted.
 *
 * <p>TensorFlow's {@code ExtractJpegShape} is not asked, since it decodes all scans of a
 * progressive JPEG to tell its size; {@link JpegFrame} finds where it stands.
 */
@Internal
public final class PixelLimit {

  /**
   * From how many pixels on a picture is not decoded: 100 million, or what the system property
   * {@code graft.pixels} says. At three bytes each, copied a few times, more would take gigabytes.
   */
  public static final long PIXELS = Long.getLong("graft.pixels", 100_000_000);

  private static final DataType SHORT = DataType.DT_UINT16;
  private static final DataType LONG = DataType.DT_INT32;
  private static final int LARGEST = Integer.MAX_VALUE; // a product of two is a long

  /** Of each format, in this order: how a file begins. */
  private static final List<ByteString> STARTS =
      List.of(
          bytes(0xFF, 0xD8, 0xFF), bytes(0x89, 'P', 'N'), bytes('G', 'I', 'F'), bytes('B', 'M'));

  private static final Pattern SAID =
      Pattern.compile("a picture of [^]]+ pixels; more than [0-9,]+ are not decoded");

  private PixelLimit() {}

  private static ByteString bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return ByteString.copyFrom(bytes);
  }

  /**
   * Adds a node that fails where one of several pictures has too many pixels.
   *
   * @param files the bytes, string [N]
   * @return the node, to be waited for
   */
  static String check(Scope g, TensorRef files, JpegFrame walk) {
    TensorRef lengths = g.add("StringLength", files);
    TensorRef begin = from(g, files, lengths, 0, 3);
    List<TensorRef> formats =
        STARTS.stream()
            .map(
                start ->
                    g.add(
                        "Equal",
                        g.add("Substr", begin, g.scalar(0), g.scalar(start.size())),
                        g.constant(TensorValue.strings(Shape.scalar(), List.of(start)))))
            .toList();
    TensorRef ends = g.add("Sub", lengths, g.scalar(JpegFrame.BYTES));
    TensorRef frame = walk.run(g.in("frame"), files, ends, formats.get(0));
    TensorRef isFrame = g.add("Less", frame, g.scalar(0));
    TensorRef behind = g.add("Sub", g.scalar(5), frame); // its mark, length and precision
    TensorRef at = g.add("SelectV2", isFrame, behind, g.scalar(0));
    TensorRef sides = // the width comes behind the height
        two(g, JpegFrame.part(g, files, at, 4), SHORT, false);
    TensorRef jpeg =
        g.add(
            "SelectV2",
            g.add("ExpandDims", isFrame, g.scalar(1)),
            g.add("ReverseV2", sides, g.ints(1)),
            longs(g, 0, 0));
    TensorRef png =
        g.add(
            "BitwiseAnd",
            two(g, from(g, files, lengths, 16, 8), LONG, false),
            longs(g, 0xFFFFFFFFL));
    TensorRef gif = two(g, from(g, files, lengths, 6, 4), SHORT, true);
    TensorRef bmp = // below 0 if rows go downwards
        g.add("Abs", two(g, from(g, files, lengths, 18, 8), LONG, true));
    TensorRef all =
        g.add("Minimum", g.addList("Pack", List.of(jpeg, png, gif, bmp)), longs(g, LARGEST));
    TensorRef which =
        g.cast(g.add("ExpandDims", g.addList("Pack", formats), g.scalar(2)), DataType.DT_INT64);
    TensorRef size = // of the only format that it has, or 0
        g.op("Sum").input(g.add("Mul", all, which)).input(g.ints(0)).output();
    TensorRef pixels = g.op("Prod").input(size).input(g.ints(1)).output();
    // segments without end are no picture that anybody took
    TensorRef lost =
        g.add(
            "LogicalAnd",
            g.add("GreaterEqual", frame, g.scalar(0)),
            g.add("LessEqual", frame, ends));
    TensorRef many = g.add("Greater", pixels, longs(g, PIXELS));
    TensorRef refused = g.add("LogicalOr", many, lost);
    return g.op("Assert")
        .input(g.add("LogicalNot", g.add("Any", refused, g.ints(0))))
        .inputs(List.of(words(g, refused, size, lost)))
        .node();
  }

  /** What {@link #check} says of a picture, if that is in what TensorFlow says. */
  public static Optional<String> in(String message) {
    Matcher found = SAID.matcher(message);
    return found.find() ? Optional.of(found.group()) : Optional.empty();
  }

  /** Of the first that is refused. */
  private static TensorRef words(Scope g, TensorRef refused, TensorRef size, TensorRef lost) {
    TensorRef rows = g.add("Reshape", g.add("Where", refused), g.ints(-1));
    TensorRef one =
        g.add("ExpandDims", g.add("Minimum", g.add("Size", rows), g.scalar(1)), g.scalar(0));
    TensorRef first = g.add("Slice", rows, g.ints(0), one);
    TensorRef known =
        g.op("ReduceJoin")
            .input(g.add("AsString", g.add("GatherV2", size, first, g.scalar(0))))
            .input(g.ints(1))
            .attr("separator", " x ")
            .output();
    TensorRef isLost = g.add("GatherV2", lost, first, g.scalar(0));
    TensorRef said = g.add("SelectV2", isLost, text(g, "an unknown number of"), known);
    return g.addList(
        "StringJoin",
        List.of(
            text(g, "a picture of "),
            g.add("ReduceJoin", said, g.ints(0)),
            text(g, String.format(Locale.ROOT, " pixels; more than %,d are not decoded", PIXELS))));
  }

  private static TensorRef text(Scope g, String words) {
    return g.constant(TensorValue.scalar(words));
  }

  /** So many bytes of each file, from one and the same place on. */
  private static TensorRef from(Scope g, TensorRef files, TensorRef lengths, int place, int bytes) {
    return JpegFrame.part(g, files, g.add("Minimum", lengths, g.scalar(place)), bytes);
  }

  /** The two numbers that each of some strings is, as int64 [N, 2]. */
  private static TensorRef two(Scope g, TensorRef strings, DataType type, boolean little) {
    return g.cast(JpegFrame.numbers(g, strings, 2, type, little), DataType.DT_INT64);
  }

  private static TensorRef longs(Scope g, long... values) {
    Shape shape = values.length == 1 ? Shape.scalar() : Shape.of(values.length);
    return g.constant(TensorValue.of(shape, values));
  }
}
