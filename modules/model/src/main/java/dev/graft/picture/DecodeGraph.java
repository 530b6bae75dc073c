package dev.graft.picture;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.model.InputSpec;
import dev.graft.model.InputSpec.Channels;
import dev.graft.tensor.Shape;
import dev.graft.words.Remedy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.tensorflow.proto.DataType;

/**
 * The one way from an encoded picture to what a model reads: JPEG, PNG, BMP or GIF (its first
 * frame) to pixels in the model's size, range and channel order. Training, evaluation, prediction
 * and the exported {@code serving_bytes} signature all hold this same subgraph.
 *
 * <p>Each picture is held against {@link PixelLimit}; decoded to 8 bits; resized with the triangle
 * filter, antialiased, as {@code tf.image.resize(..., antialias=True)} does; turned upright as its
 * EXIF data says; grey ones repeated over three channels and alpha dropped. The size comes first,
 * so that a large picture is there once, as it was decoded, and never copied. The pictures of a
 * batch may differ in size: a loop goes over them, a few at a time, in the functional form that
 * TensorFlow's loaders lower to dataflow. What their headers say is read before, of all at once.
 *
 * @param graph the graph, complete in itself
 * @param bytes the encoded pictures: a placeholder, string [N]
 * @param pixels the pictures: [N, height, width, channels] in the dtype of the input
 */
@Internal
public record DecodeGraph(Graph graph, TensorRef bytes, TensorRef pixels) {

  static final String CPU = "/device:CPU:0"; // no other device decodes
  private static final int PARALLEL = 16; // pictures decoded at once at most

  /**
   * A graph that decodes for {@code input} and does nothing else.
   *
   * @throws BadRequestException if {@code input} is no picture, or its size or range is not known
   */
  public static DecodeGraph of(InputSpec input) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef bytes = editor.placeholder("bytes", DataType.DT_STRING, Shape.of(Shape.UNKNOWN));
    TensorRef pixels = add(editor, "decode", bytes, input);
    return new DecodeGraph(editor.build(), bytes, pixels);
  }

  /**
   * Adds the decoding of {@code bytes} (string [N]) for {@code input} to a graph.
   *
   * @return the pixels, [N, height, width, channels] in the dtype of {@code input}
   * @throws BadRequestException if {@code input} is no picture, or its size or range is not known
   */
  public static TensorRef add(GraphEditor editor, String prefix, TensorRef bytes, InputSpec input) {
    return add(editor, prefix, bytes, input, Optional.empty());
  }

  /**
   * Adds the decoding of {@code bytes}, of each picture in a view of its own.
   *
   * @param views float32 [N, {@link View#NUMBERS}]; the picture fills the input then, whatever its
   *     resize rule
   */
  public static TensorRef add(
      GraphEditor editor,
      String prefix,
      TensorRef bytes,
      InputSpec input,
      Optional<TensorRef> views) {
    InputSpec.Range range = check(input);
    Scope g = new Scope(editor, editor.uniqueName(prefix)).on(CPU);
    JpegFrame frame = JpegFrame.into(editor, g.name("jpeg").replace('/', '_'));
    String checked = PixelLimit.check(g.in("limit"), bytes, frame);
    TensorRef orientations = ExifOrientation.of(g.in("exif"), bytes);
    TensorRef few = g.op("Identity").input(bytes).after(checked).output();
    TensorRef pictures = loop(g, List.of(few, orientations), input, views);
    return finish(g, pictures, input, range);
  }

  private static InputSpec.Range check(InputSpec input) {
    if (!input.isImage()) {
      throw new BadRequestException(
          "input '"
              + input.name()
              + "' has shape "
              + input.shape()
              + " and takes no pictures: they are [batch, height, width, 1 or 3].");
    }
    if (input.shape().dim(1) < 1 || input.shape().dim(2) < 1) {
      throw new BadRequestException(
          "input '"
              + input.name()
              + "' takes pictures of any size ("
              + input.shape()
              + "); say which one to train and serve it with.");
    }
    return input
        .range()
        .orElseThrow(
            () ->
                new BadRequestException(
                    "which pixel values input '"
                        + input.name()
                        + "' expects is not known; say so: 0..255, 0..1, -1..1, imagenet or"
                        + " caffe. Whoever trained the model knows it: it is what its pictures were"
                        + " brought to.",
                    Remedy.INPUT_RANGE));
  }

  /** The loop over files and their orientations: [N, height, width, 3] in 0..255. */
  private static TensorRef loop(
      Scope g, List<TensorRef> files, InputSpec input, Optional<TensorRef> views) {
    int height = (int) input.shape().dim(1);
    int width = (int) input.shape().dim(2);
    GraphEditor editor = g.editor();
    TensorRef count = g.op("Size").input(files.get(0)).attr("out_type", DataType.DT_INT32).output();
    TensorRef element = g.ints(height, width, 3);
    TensorRef list =
        g.op("TensorListReserve")
            .input(element)
            .input(count)
            .attr("element_dtype", DataType.DT_FLOAT)
            .output();
    String cond = editor.uniqueFunctionName(g.name("more").replace('/', '_'));
    boolean viewed = views.isPresent();
    editor.putFunction(more(viewed).toFunctionDef(cond));
    String body = editor.uniqueFunctionName(g.name("one").replace('/', '_'));
    Turned turned = Turned.into(editor, body);
    editor.putFunction(one(height, width, input.resize(), viewed, turned).toFunctionDef(body));
    List<TensorRef> state = new ArrayList<>(List.of(g.scalar(0), count, list));
    state.addAll(files);
    Shape each = Shape.of(Shape.UNKNOWN);
    List<Shape> shapes =
        new ArrayList<>(List.of(Shape.scalar(), Shape.scalar(), Shape.scalar(), each, each));
    views.ifPresent(state::add);
    views.ifPresent(all -> shapes.add(Shape.of(Shape.UNKNOWN, View.NUMBERS)));
    List<TensorRef> done =
        g.op("StatelessWhile")
            .inputs(state)
            .attr("cond", Attrs.function(cond))
            .attr("body", Attrs.function(body))
            .attr("parallel_iterations", PARALLEL)
            .attr("output_shapes", Attrs.shapes(shapes))
            .attr("_lower_using_switch_merge", true)
            .outputs();
    return g.op("TensorListStack")
        .input(done.get(2))
        .input(element)
        .attr("element_dtype", DataType.DT_FLOAT)
        .output();
  }

  /** The loop's condition: are there more pictures? */
  private static FunctionGraph more(boolean viewed) {
    Loop loop = new Loop(viewed);
    TensorRef more = loop.g.add("Less", loop.i, loop.count);
    return loop.function(List.of(more), ImmutableList.of("more"));
  }

  /** The loop's body: decodes the i-th picture into the list. */
  private static FunctionGraph one(
      int height, int width, InputSpec.Resize resize, boolean viewed, Turned turned) {
    Loop loop = new Loop(viewed);
    Scope g = loop.g;
    TensorRef file = g.add("GatherV2", loop.bytes, loop.i, g.scalar(0));
    TensorRef orientation = g.add("GatherV2", loop.orientations, loop.i, g.scalar(0));
    TensorRef onItsSide = g.add("GreaterEqual", orientation, g.scalar(5));
    TensorRef size = g.add("SelectV2", onItsSide, g.ints(width, height), g.ints(height, width));
    // as many channels as the file has: asked for three, the decoder refuses some BMP and GIF
    TensorRef raw = g.op("DecodeImage").input(file).attr("expand_animations", false).output();
    TensorRef reversed = g.in("axes").add("GatherV2", mirrored(g), orientation, g.scalar(0));
    Optional<ViewGraph> view =
        loop.views.map(
            all -> new ViewGraph(g.in("view"), g.add("GatherV2", all, loop.i, g.scalar(0))));
    TensorRef resized =
        resize(
            g.in("resize"),
            raw,
            all ->
                view.map(
                        v ->
                            PictureResize.add(
                                g.in("resize"), all, size, v.zoom(), v.place(reversed, onItsSide)))
                    .orElseGet(() -> PictureResize.add(g.in("resize"), all, size, resize)));
    TensorRef isTurned = g.add("Greater", orientation, g.scalar(1));
    TensorRef seen = turned.run(g, isTurned, List.of(resized, reversed, onItsSide));
    TensorRef upright = coloured(g, seen);
    TensorRef shown = view.map(v -> v.finish(upright, raw, height, width)).orElse(upright);
    TensorRef list = g.op("TensorListSetItem").input(loop.list).input(loop.i).input(shown).output();
    TensorRef next = g.add("AddV2", loop.i, g.scalar(1));
    return loop.function(
        loop.with(next, list),
        ImmutableList.of("next", "same_count", "filled", "same_bytes", "same_orientations"));
  }

  /** What both functions of the loop take. */
  private static final class Loop {
    final Scope g = new Scope(Graph.empty().edit(), "").on(CPU);
    final TensorRef i = g.editor().placeholder("i", DataType.DT_INT32, Shape.scalar());
    final TensorRef count = g.editor().placeholder("count", DataType.DT_INT32, Shape.scalar());
    final TensorRef list = g.editor().placeholder("list", DataType.DT_VARIANT, Shape.scalar());
    final TensorRef bytes =
        g.editor().placeholder("bytes", DataType.DT_STRING, Shape.of(Shape.UNKNOWN));
    final TensorRef orientations =
        g.editor().placeholder("orientations", DataType.DT_INT32, Shape.of(Shape.UNKNOWN));
    final Optional<TensorRef> views;

    Loop(boolean viewed) {
      Shape all = Shape.of(Shape.UNKNOWN, View.NUMBERS);
      views =
          viewed
              ? Optional.of(g.editor().placeholder("views", DataType.DT_FLOAT, all))
              : Optional.empty();
    }

    /** All that goes into the next turn. */
    List<TensorRef> with(TensorRef next, TensorRef filled) {
      return Stream.concat(Stream.of(next, count, filled, bytes, orientations), views.stream())
          .toList();
    }

    FunctionGraph function(List<TensorRef> results, ImmutableList<String> names) {
      ImmutableList.Builder<String> all = ImmutableList.builder();
      all.addAll(names);
      if (names.size() < results.size()) {
        all.add("same_views");
      }
      return new FunctionGraph(
          "",
          g.editor().build(),
          Stream.concat(Stream.of(i, count, list, bytes, orientations), views.stream())
              .map(TensorRef::node)
              .collect(ImmutableList.toImmutableList()),
          ImmutableList.copyOf(results),
          all.build(),
          ImmutableList.of(),
          ImmutableMap.of());
    }
  }

  /**
   * {@code image} [h, w, channels] with three of them: grey repeated, alpha dropped. Where it has
   * three, both ops hand it on without a copy.
   */
  private static TensorRef coloured(Scope g, TensorRef image) {
    TensorRef channels = g.at(g.add("Shape", image), 2);
    TensorRef colour = g.add("GreaterEqual", channels, g.scalar(3));
    TensorRef all = g.add("SelectV2", colour, g.ints(-1, -1, 3), g.ints(-1, -1, 1));
    TensorRef opaque = g.add("Slice", image, g.ints(0, 0, 0), all);
    return g.add("Tile", opaque, g.add("SelectV2", colour, g.ints(1, 1, 1), g.ints(1, 1, 3)));
  }

  /**
   * Pictures upright, transposed and mirrored as EXIF orientation 1 to 8 asks for; those that are
   * so already are handed on without a copy.
   *
   * @param turn the function that does it
   * @param asIs the function that does nothing
   */
  private record Turned(String turn, String asIs) {

    /** Puts them into the library of {@code editor}. */
    static Turned into(GraphEditor editor, String prefix) {
      String turn = editor.uniqueFunctionName(prefix + "_turn");
      editor.putFunction(branch(true).toFunctionDef(turn));
      String asIs = editor.uniqueFunctionName(prefix + "_as_is");
      editor.putFunction(branch(false).toFunctionDef(asIs));
      return new Turned(turn, asIs);
    }

    private static FunctionGraph branch(boolean turns) {
      Scope g = new Scope(Graph.empty().edit(), "").on(CPU);
      Shape cube = Shape.of(Shape.UNKNOWN, Shape.UNKNOWN, Shape.UNKNOWN);
      TensorRef image = g.editor().placeholder("image", DataType.DT_FLOAT, cube);
      TensorRef axes = g.editor().placeholder("axes", DataType.DT_BOOL, Shape.of(3));
      TensorRef onItsSide = g.editor().placeholder("sideways", DataType.DT_BOOL, Shape.scalar());
      TensorRef upright;
      if (turns) {
        TensorRef order = g.add("SelectV2", onItsSide, g.ints(1, 0, 2), g.ints(0, 1, 2));
        upright = g.add("Reverse", g.add("Transpose", image, order), axes);
      } else {
        upright = g.add("Identity", image);
      }
      return new FunctionGraph(
          "",
          g.editor().build(),
          ImmutableList.of(image.node(), axes.node(), onItsSide.node()),
          ImmutableList.of(upright),
          ImmutableList.of("upright"),
          ImmutableList.of(),
          ImmutableMap.of());
    }

    /** Runs the one or the other on a picture, the axes to reverse, and whether it lies. */
    TensorRef run(Scope g, TensorRef isTurned, List<TensorRef> inputs) {
      Shape cube = Shape.of(Shape.UNKNOWN, Shape.UNKNOWN, Shape.UNKNOWN);
      return g.op("StatelessIf")
          .input(isTurned)
          .inputs(inputs)
          .attr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)))
          .attr("then_branch", Attrs.function(turn))
          .attr("else_branch", Attrs.function(asIs))
          .attr("output_shapes", Attrs.shapes(List.of(cube)))
          .attr("_lower_using_switch_merge", true)
          .output();
    }
  }

  /** For each orientation, from 0, which axes (rows, columns, channels) to reverse: bool [9, 3]. */
  private static TensorRef mirrored(Scope g) {
    boolean[] table = new boolean[9 * 3];
    for (int orientation : new int[] {3, 4, 7, 8}) {
      table[3 * orientation] = true;
    }
    for (int orientation : new int[] {2, 3, 6, 7}) {
      table[3 * orientation + 1] = true;
    }
    return g.bools(Shape.of(9, 3), table);
  }

  /** {@code image} as float32, resized by what resizes several. */
  private static TensorRef resize(Scope g, TensorRef image, UnaryOperator<TensorRef> all) {
    TensorRef resized = all.apply(g.add("ExpandDims", image, g.scalar(0)));
    return g.op("Squeeze").input(resized).attr("squeeze_dims", Attrs.ints(0)).output();
  }

  /** From RGB in 0..255 to the channels, range and dtype of the input. */
  private static TensorRef finish(
      Scope g, TensorRef pictures, InputSpec input, InputSpec.Range range) {
    TensorRef pixels = pictures;
    if (input.shape().dim(-1) == 1) {
      // luma of ITU-R BT.601, as JPEG has it
      TensorRef weighted = g.add("Mul", pixels, g.floats(0.299f, 0.587f, 0.114f));
      pixels = g.op("Sum").input(weighted).input(g.ints(-1)).attr("keep_dims", true).output();
    } else if (input.channels() == Channels.BGR) {
      pixels = g.add("ReverseV2", pixels, g.ints(-1));
    }
    if (range.low() != 0 || range.high() != 255) {
      TensorRef scaled = g.add("Mul", pixels, g.scalar((range.high() - range.low()) / 255));
      pixels = range.low() == 0 ? scaled : g.add("AddV2", scaled, g.scalar(range.low()));
    }
    boolean whole =
        input.dtype().name().startsWith("INT") || input.dtype().name().startsWith("UINT");
    return g.cast(whole ? g.add("Round", pixels) : pixels, input.dtype().proto());
  }
}
