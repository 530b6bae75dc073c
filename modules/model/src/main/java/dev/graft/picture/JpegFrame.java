package dev.graft.picture;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.protobuf.ByteString;
import dev.graft.error.Internal;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.Arrays;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * Finds in the graph where JPEGs tell their size: walks over the segments of all files at once, up
 * to the first frame header of each (ITU-T T.81, B.2.2), as the decoder does, behind EXIF, colour
 * profiles and tables.
 *
 * @param cond the function that says whether to go on
 * @param body the function that goes to the next segment
 */
@Internal
public record JpegFrame(String cond, String body) {

  /** Of how many bytes a frame header is up to its width. */
  static final int BYTES = 9;

  private static final int STEPS = 1000; // segments of 64 KB, or bytes between them
  private static final int NOWHERE = 1 << 30; // behind the end of any file that is read

  /** Whether a frame header follows the marker whose second byte that is. */
  public static boolean isFrame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker % 4 != 0 || marker == 0xC0;
  }

  /** Whether nothing belongs to a marker, not even a length. */
  public static boolean isAlone(int marker) {
    return marker <= 0x01 || marker >= 0xD0 && marker <= 0xD8;
  }

  /** Whether the picture itself follows a marker, or nothing more. */
  public static boolean isPast(int marker) {
    return marker == 0xDA || marker == 0xD9;
  }

  /** Puts them into the library of {@code editor}. */
  static JpegFrame into(GraphEditor editor, String prefix) {
    String cond = editor.uniqueFunctionName(prefix + "_before_frame");
    editor.putFunction(more().toFunctionDef(cond));
    String body = editor.uniqueFunctionName(prefix + "_next_segment");
    editor.putFunction(next().toFunctionDef(body));
    return new JpegFrame(cond, body);
  }

  private static FunctionGraph more() {
    State state = new State();
    Scope g = state.g;
    TensorRef some = g.add("Any", state.active(), g.ints(0));
    TensorRef few = g.add("Less", state.steps, g.scalar(STEPS));
    return state.function(List.of(g.add("LogicalAnd", some, few)), ImmutableList.of("more"));
  }

  /**
   * From one segment to the next; to below zero at a frame header, and behind the end where the
   * picture itself begins, or ends.
   */
  private static FunctionGraph next() {
    State state = new State();
    Scope g = state.g;
    TensorRef active = state.active();
    TensorRef from = g.add("SelectV2", active, state.at, g.scalar(0));
    TensorRef raw = numbers(g, part(g, state.files, from, 4), 2, DataType.DT_UINT16, false);
    List<TensorRef> words = columns(g, g.cast(raw, DataType.DT_INT32), 2);
    TensorRef marker = g.add("Sub", words.get(0), g.scalar(0xFF00 - 1)); // from 1; other bytes 0
    TensorRef row = g.add("Maximum", marker, g.scalar(0));
    List<TensorRef> rule = columns(g, g.add("GatherV2", rules(g), row, g.scalar(0)), 3);
    TensorRef length = g.add("Maximum", words.get(1), g.scalar(2)); // with its own two bytes
    TensorRef far = g.add("AddV2", rule.get(0), g.add("Mul", rule.get(1), length));
    TensorRef to = g.add("Mul", g.add("AddV2", from, far), rule.get(2));
    return state.function(
        List.of(
            g.add("SelectV2", active, to, state.at),
            g.add("AddV2", state.steps, g.scalar(1)),
            state.files,
            state.ends),
        ImmutableList.of("to", "more_steps", "same_files", "same_ends"));
  }

  /**
   * Of what is no marker, and of each marker: how far it is to the next one, how often the length
   * of the segment on top of that, and the sign of where that is.
   */
  private static TensorRef rules(Scope g) {
    int[][] rules = new int[1 + 256][];
    rules[0] = new int[] {1, 0, 1}; // passed over, as the decoder does
    for (int marker = 0; marker < 256; marker++) {
      int[] rule = {2, isAlone(marker) ? 0 : 1, 1};
      if (isFrame(marker)) {
        rule = new int[] {0, 0, -1};
      } else if (isPast(marker)) {
        rule = new int[] {NOWHERE, 0, 1};
      } else if (marker == 0xFF) { // fills up
        rule = new int[] {1, 0, 1};
      }
      rules[1 + marker] = rule;
    }
    int[] flat = Arrays.stream(rules).flatMapToInt(Arrays::stream).toArray();
    return g.constant(TensorValue.of(Shape.of(rules.length, 3), flat));
  }

  /**
   * Runs them.
   *
   * @param files string [N]
   * @param ends int32 [N], the last place at which each could have a whole frame header
   * @param isJpeg bool [N]
   * @return where the frame header of each is, times -1; above zero if there is none: int32 [N]
   */
  TensorRef run(Scope g, TensorRef files, TensorRef ends, TensorRef isJpeg) {
    TensorRef start = g.add("SelectV2", isJpeg, g.scalar(2), g.scalar(NOWHERE));
    Shape each = Shape.of(Shape.UNKNOWN);
    return g.op("StatelessWhile")
        .inputs(List.of(start, g.scalar(0), files, ends))
        .attr("cond", Attrs.function(cond))
        .attr("body", Attrs.function(body))
        .attr("output_shapes", Attrs.shapes(List.of(each, Shape.scalar(), each, each)))
        .attr("_lower_using_switch_merge", true)
        .output();
  }

  /**
   * So many bytes of each file, from a place of its own on, zeros behind its end. No file is copied
   * for that, since they may be large.
   *
   * @param at int32 [N], none of them behind the end
   */
  static TensorRef part(Scope g, TensorRef files, TensorRef at, int bytes) {
    TensorRef counts = g.add("AddV2", g.add("ZerosLike", at), g.scalar(bytes));
    TensorRef there = g.add("Substr", files, at, counts);
    List<ByteString> none = List.of(ByteString.copyFrom(new byte[bytes]));
    TensorRef zeros = g.constant(TensorValue.strings(Shape.scalar(), none));
    TensorRef enough = g.addList("StringJoin", List.of(there, zeros));
    return g.add("Substr", enough, g.scalar(0), g.scalar(bytes));
  }

  /** Strings that hold so many numbers each as numbers: [N, count]. */
  static TensorRef numbers(
      Scope g, TensorRef strings, int count, DataType type, boolean littleEndian) {
    TensorRef raw =
        g.op("DecodeRaw")
            .input(strings)
            .attr("out_type", type)
            .attr("little_endian", littleEndian)
            .output();
    return g.add("Reshape", raw, g.ints(-1, count)); // also where there is no string
  }

  private static List<TensorRef> columns(Scope g, TensorRef matrix, int count) {
    return g.op("Unpack").input(matrix).attr("num", count).attr("axis", 1).outputs();
  }

  /** What both functions take: of each file where it is, and what does not change. */
  private static final class State {
    final Scope g = new Scope(Graph.empty().edit(), "").on(DecodeGraph.CPU);
    final TensorRef at = each("at", DataType.DT_INT32);
    final TensorRef steps = g.editor().placeholder("steps", DataType.DT_INT32, Shape.scalar());
    final TensorRef files = each("files", DataType.DT_STRING);
    final TensorRef ends = each("ends", DataType.DT_INT32);

    private TensorRef each(String name, DataType dtype) {
      return g.editor().placeholder(name, dtype, Shape.of(Shape.UNKNOWN));
    }

    /** Of which files the walk goes on. */
    TensorRef active() {
      TensorRef open = g.add("GreaterEqual", at, g.scalar(0));
      return g.add("LogicalAnd", open, g.add("LessEqual", at, ends));
    }

    FunctionGraph function(List<TensorRef> results, ImmutableList<String> names) {
      return new FunctionGraph(
          "",
          g.editor().build(),
          ImmutableList.of(at.node(), steps.node(), files.node(), ends.node()),
          ImmutableList.copyOf(results),
          names,
          ImmutableList.of(),
          ImmutableMap.of());
    }
  }
}
