package dev.graft.picture;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * Measures in the graph what GIFs take when they are decoded: walks over the blocks of several
 * files at once, in step with giflib 5.2, which TensorFlow reads them with. That reads all frames
 * into memory, a byte a pixel, and TensorFlow makes room for the widest and the highest of them,
 * whatever the screen is. Where giflib would give up the walk may go on: it never counts less.
 *
 * @param cond the function that says whether to go on
 * @param body the function that goes on by a block, or by several parts of one
 */
record GifFrames(String cond, String body) {

  private static final int HEADER = 13; // with the screen
  private static final int STEPS = 25_000;
  private static final int PARTS = 8; // of a block, of up to 255 bytes each, for a step
  private static final int NOWHERE = 1 << 30; // behind the end of any file that is read

  /**
   * What there is of each file, by its row, and zeros for what is no GIF: int64 [N] each.
   *
   * @param width columns of the screen, or of the widest frame
   * @param height rows of the screen, or of the highest frame
   * @param frames pixels of all frames
   * @param lost 1 where there are so many blocks that the walk came to no end
   */
  record Found(TensorRef width, TensorRef height, TensorRef frames, TensorRef lost) {}

  /** Puts them into the library of {@code editor}. */
  static GifFrames into(GraphEditor editor, String prefix) {
    String cond = editor.uniqueFunctionName(prefix + "_before_end");
    editor.putFunction(more().toFunctionDef(cond));
    String body = editor.uniqueFunctionName(prefix + "_next_block");
    editor.putFunction(next().toFunctionDef(body));
    return new GifFrames(cond, body);
  }

  private static FunctionGraph more() {
    State state = new State();
    Scope g = state.g;
    TensorRef some = g.add("Any", g.add("Less", state.at, state.lengths), g.ints(0));
    TensorRef few = g.add("Less", state.steps, g.scalar(STEPS));
    return state.function(List.of(g.add("LogicalAnd", some, few)), ImmutableList.of("more"));
  }

  private static FunctionGraph next() {
    State state = new State();
    Scope g = state.g;
    TensorRef active = g.cast(g.add("Less", state.at, state.lengths), DataType.DT_INT32);
    TensorRef inside = g.add("Mul", state.inside, active);
    TensorRef there = g.add("Minimum", state.at, state.lengths);
    List<TensorRef> head = bytes(g, JpegFrame.part(g, state.files, there, 10), 10);
    TensorRef idle = g.add("Sub", g.scalar(1), inside);
    TensorRef isExtension = g.add("Mul", idle, is(g, head.get(0), 0x21));
    TensorRef isFrame = g.add("Mul", idle, is(g, head.get(0), 0x2C));

    // behind the first part, even if that is empty: giflib reads on there
    TensorRef toExtension = sum(g, state.at, g.scalar(3), head.get(2));
    TensorRef toFrame = sum(g, state.at, g.scalar(11), table(g, head.get(9)));
    TensorRef isElse = sum(g, isExtension, isFrame, inside);
    TensorRef to =
        sum(
            g,
            g.add("Mul", inside, state.at),
            g.add("Mul", isExtension, toExtension),
            g.add("Mul", isFrame, toFrame),
            g.add("Mul", g.add("Sub", g.scalar(1), isElse), g.scalar(NOWHERE)));

    TensorRef width = g.add("Mul", isFrame, word(g, head, 5));
    TensorRef height = g.add("Mul", isFrame, word(g, head, 7));
    TensorRef pixels =
        g.add("Mul", g.cast(width, DataType.DT_INT64), g.cast(height, DataType.DT_INT64));

    TensorRef in = isElse;
    for (int i = 0; i < PARTS; i++) { // what takes the time is to begin a step
      TensorRef last = g.add("Sub", state.lengths, g.scalar(1));
      TensorRef part =
          g.add("Substr", state.files, g.add("Minimum", to, last), g.add("OnesLike", to));
      TensorRef length = bytes(g, part, 1).get(0);
      to = sum(g, to, g.add("Mul", in, g.add("AddV2", length, g.scalar(1))));
      in = g.add("Minimum", in, length); // up to the one of no bytes
    }
    return state.function(
        List.of(
            to,
            in,
            g.add("Maximum", state.width, width),
            g.add("Maximum", state.height, height),
            g.add("AddV2", state.frames, pixels),
            g.add("AddV2", state.steps, g.scalar(1)),
            state.files,
            state.lengths),
        ImmutableList.of(
            "to", "still", "widest", "highest", "all", "more_steps", "same_files", "same_lengths"));
  }

  /** Runs them over the rows of {@code files} that {@code isGif} names. */
  Found run(Scope g, TensorRef files, TensorRef isGif) {
    TensorRef rows = g.add("Where", isGif);
    TensorRef gifs = g.add("GatherV2", files, g.add("Reshape", rows, g.ints(-1)), g.scalar(0));
    TensorRef none = g.add("ZerosLike", g.add("StringLength", gifs));
    List<TensorRef> head = bytes(g, JpegFrame.part(g, gifs, none, HEADER), HEADER);
    Shape each = Shape.of(Shape.UNKNOWN);
    List<TensorRef> done =
        g.op("StatelessWhile")
            .inputs(
                List.of(
                    g.add("AddV2", table(g, head.get(10)), g.scalar(HEADER)),
                    none,
                    word(g, head, 6),
                    word(g, head, 8),
                    g.cast(none, DataType.DT_INT64),
                    g.scalar(0),
                    gifs,
                    g.add("StringLength", gifs)))
            .attr("cond", Attrs.function(cond))
            .attr("body", Attrs.function(body))
            .attr(
                "output_shapes",
                Attrs.shapes(List.of(each, each, each, each, each, Shape.scalar(), each, each)))
            .attr("_lower_using_switch_merge", true)
            .outputs();
    TensorRef lost = g.add("Less", done.get(0), done.get(7));
    TensorRef columns =
        g.op("Pack")
            .inputs(
                List.of(
                    g.cast(done.get(2), DataType.DT_INT64),
                    g.cast(done.get(3), DataType.DT_INT64),
                    done.get(4),
                    g.cast(lost, DataType.DT_INT64)))
            .attr("axis", 1)
            .output();
    TensorRef count = g.op("Size").input(files).attr("out_type", DataType.DT_INT64).output();
    TensorRef four = g.constant(TensorValue.of(Shape.scalar(), new long[] {4}));
    TensorRef all = g.add("ScatterNd", rows, columns, g.addList("Pack", List.of(count, four)));
    List<TensorRef> found = g.op("Unpack").input(all).attr("num", 4).attr("axis", 1).outputs();
    return new Found(found.get(0), found.get(1), found.get(2), found.get(3));
  }

  /** How many bytes of colours follow such flags. */
  private static TensorRef table(Scope g, TensorRef flags) {
    int[] bytes = new int[256];
    for (int i = 0x80; i < bytes.length; i++) {
      bytes[i] = 3 << (i & 7) + 1;
    }
    return g.add("GatherV2", g.ints(bytes), flags, g.scalar(0));
  }

  private static TensorRef is(Scope g, TensorRef number, int wanted) {
    return g.cast(g.add("Equal", number, g.scalar(wanted)), DataType.DT_INT32);
  }

  private static TensorRef word(Scope g, List<TensorRef> bytes, int at) {
    return g.add("AddV2", bytes.get(at), g.add("Mul", bytes.get(at + 1), g.scalar(0x100)));
  }

  private static TensorRef sum(Scope g, TensorRef... addends) {
    TensorRef sum = addends[0];
    for (int i = 1; i < addends.length; i++) {
      sum = g.add("AddV2", sum, addends[i]);
    }
    return sum;
  }

  /** Of strings of {@code count} bytes each, the bytes at each place: int32 [N]. */
  private static List<TensorRef> bytes(Scope g, TensorRef strings, int count) {
    TensorRef numbers = JpegFrame.numbers(g, strings, count, DataType.DT_UINT8, true);
    return g.op("Unpack")
        .input(g.cast(numbers, DataType.DT_INT32))
        .attr("num", count)
        .attr("axis", 1)
        .outputs();
  }

  /** What both functions take: of each file where it is and what was found, and it itself. */
  private static final class State {
    final Scope g = new Scope(Graph.empty().edit(), "").on(DecodeGraph.CPU);
    final TensorRef at = each("at", DataType.DT_INT32);
    final TensorRef inside = each("inside", DataType.DT_INT32); // 1 between parts of a block
    final TensorRef width = each("width", DataType.DT_INT32);
    final TensorRef height = each("height", DataType.DT_INT32);
    final TensorRef frames = each("frames", DataType.DT_INT64);
    final TensorRef steps = g.editor().placeholder("steps", DataType.DT_INT32, Shape.scalar());
    final TensorRef files = each("files", DataType.DT_STRING);
    final TensorRef lengths = each("lengths", DataType.DT_INT32);

    private TensorRef each(String name, DataType dtype) {
      return g.editor().placeholder(name, dtype, Shape.of(Shape.UNKNOWN));
    }

    FunctionGraph function(List<TensorRef> results, ImmutableList<String> names) {
      return new FunctionGraph(
          "",
          g.editor().build(),
          ImmutableList.of(
              at.node(),
              inside.node(),
              width.node(),
              height.node(),
              frames.node(),
              steps.node(),
              files.node(),
              lengths.node()),
          ImmutableList.copyOf(results),
          names,
          ImmutableList.of(),
          ImmutableMap.of());
    }
  }
}
