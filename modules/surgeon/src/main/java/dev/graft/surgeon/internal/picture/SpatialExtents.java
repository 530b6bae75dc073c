package dev.graft.surgeon.internal.picture;

import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpKinds;
import dev.graft.model.Model;
import dev.graft.surgeon.internal.analysis.Constants;
import dev.graft.surgeon.internal.analysis.StaticShapes;
import dev.graft.surgeon.internal.analysis.Weights;
import dev.graft.tensor.Shape;
import dev.graft.words.Remedy;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/**
 * How many rows and columns the tensors of a network have at one size of the pictures and at
 * another: what an edit of the size has to follow through the graph. Convolution, pooling and
 * padding are counted as TensorFlow counts them; what looks at the shape while it runs follows by
 * itself; what was made for one size is refused, with the reason.
 */
final class SpatialExtents {

  /** Takes the place of a number in a shape that the graph holds as a constant. */
  interface Rewriter {
    /**
     * {@code value} as element {@code index} of the shape that {@code node} reads as {@code in}.
     */
    void shape(NodeDef node, int in, int index, long value);

    /** The window of a pooling. */
    void window(NodeDef node, long height, long width);
  }

  private static final Extent LOOSE = new Extent.Loose();
  private static final Set<String> SHAPES = Set.of("Shape", "ShapeN", "Size", "Rank");
  private static final Set<String> SAME =
      Set.of("BiasAdd", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3", "ReverseV2");

  private final Graph graph;
  private final Weights weights;
  private final Constants constants;
  private final StaticShapes shapes;
  private final Rewriter rewriter;
  private final Upsampling upsampling;
  private final Extent.Grid size;
  private final Map<TensorRef, Extent> extents = new HashMap<>();

  /** The pictures, and what differs from them in each pixel's value alone. */
  private final Set<TensorRef> pixels = new HashSet<>();

  /** Nodes that reckon with a shape that they look at while the graph runs. */
  private final Set<String> reckoned = new HashSet<>();

  private SpatialExtents(Model model, Extent.Grid size, Rewriter rewriter) {
    this.graph = model.graph();
    this.weights = new Weights(model);
    this.constants = new Constants(model);
    this.shapes = new StaticShapes(model);
    this.rewriter = rewriter;
    this.upsampling = new Upsampling(model, constants, rewriter, this::refused);
    this.size = size;
  }

  /**
   * The tensors whose shape depends on the size of {@code input}.
   *
   * @param input the pictures, [N, height, width, channels]
   * @param size their sizes now and then
   * @param strict whether what was made for one size is refused, or passed over
   * @throws BadRequestException if a part of the network was made for the old size
   */
  static Map<TensorRef, Extent> of(
      Model model, TensorRef input, Extent.Grid size, Rewriter rewriter, boolean strict) {
    return new SpatialExtents(model, size, rewriter).all(input, strict);
  }

  private Map<TensorRef, Extent> all(TensorRef input, boolean strict) {
    extents.put(input, size);
    pixels.add(input);
    Set<String> after = new HashSet<>(graph.downstream(List.of(input.node())));
    after.remove(input.node());
    for (NodeDef node : graph.topological()) {
      try {
        if (after.contains(node.getName())) {
          follow(node);
        }
      } catch (BadRequestException e) {
        if (strict) {
          throw e;
        }
        extents.put(TensorRef.of(node.getName()), LOOSE);
      }
    }
    return extents;
  }

  private void follow(NodeDef node) {
    boolean shape = SHAPES.contains(node.getOp());
    if (shape || Nodes.dataInputs(node).stream().noneMatch(extents::containsKey)) {
      if (shape || Nodes.dataInputs(node).stream().anyMatch(in -> reckoned.contains(in.node()))) {
        reckoned.add(node.getName());
      }
      return;
    }
    boolean alike = isSame(node.getOp()) || OpKinds.isBroadcasting(node.getOp());
    if (alike && Nodes.dataInputs(node).stream().anyMatch(pixels::contains)) {
      pixels.add(TensorRef.of(node.getName()));
    }
    Extent extent = through(node);
    if (extent == null || (extent instanceof Extent.Grid grid && grid.isUnchanged())) {
      return;
    }
    if (extent instanceof Extent.Grid grid && (grid.height() == 0 || grid.width() == 0)) {
      throw new BadRequestException(
          "pictures of this size are too small: nothing is left of them at "
              + node.getName()
              + "; choose a larger size.");
    }
    boolean one = extent instanceof Extent.Grid || extent instanceof Extent.Line;
    for (int i = 0; i < (one ? 1 : graph.outputTypes(node.getName()).size()); i++) {
      extents.put(new TensorRef(node.getName(), i), extent);
    }
  }

  private static boolean isSame(String op) {
    return OpKinds.isElementwise(op) || SAME.contains(op);
  }

  private @Nullable Extent through(NodeDef node) {
    String op = node.getOp();
    Extent first = extents.get(Nodes.dataInput(node, 0));
    if (isSame(op)) {
      return first;
    }
    if (OpKinds.isBroadcasting(op)) {
      return paired(node);
    }
    return switch (op) {
      case "Conv2D", "DepthwiseConv2dNative" ->
          first instanceof Extent.Grid grid ? convolved(node, grid) : LOOSE;
      case "MaxPool", "AvgPool" -> first instanceof Extent.Grid grid ? pooled(node, grid) : LOOSE;
      case "Pad", "PadV2", "MirrorPad" ->
          first instanceof Extent.Grid grid ? padded(node, grid) : LOOSE;
      case "Mean", "Max", "Sum", "Min", "Prod" -> reduced(node, first);
      case "MatMul" -> first instanceof Extent.Folded ? first : LOOSE;
      case "BatchMatMul", "BatchMatMulV2" ->
          first != null && weights.at(Nodes.dataInput(node, 1)) != null ? first : LOOSE;
      case "Reshape" -> first == null ? null : reshaped(node, first);
      case "Squeeze" -> squeezed(node, first);
      case "ConcatV2" -> concatenated(node);
      case "ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea" ->
          upsampling.resized(node, first, pixels.contains(Nodes.dataInput(node, 0)));
      case "Conv2DBackpropInput" ->
          upsampling.transposed(node, extents.get(Nodes.dataInput(node, 2)));
      case "DepthToSpace" -> Upsampling.spread(node, first);
      default -> loose(node, first);
    };
  }

  /** What looks at the shape while it runs follows by itself; a constant does not. */
  private Extent loose(NodeDef node, @Nullable Extent first) {
    if (first instanceof Extent.Grid grid && grid.oldHeight() > 1 && grid.oldWidth() > 1) {
      for (TensorRef in : Nodes.dataInputs(node)) {
        double[] sizes = extents.containsKey(in) ? null : constants.of(in);
        if (sizes != null
            && sizes.length == 4
            && sizes[1] == grid.oldHeight()
            && sizes[2] == grid.oldWidth()) {
          throw refused(
              node,
              "("
                  + node.getOp()
                  + ") is told the size "
                  + grid.oldHeight()
                  + "x"
                  + grid.oldWidth());
        }
      }
    }
    return LOOSE;
  }

  private Extent convolved(NodeDef node, Extent.Grid grid) {
    Weights.Weight kernel = weights.at(Nodes.dataInput(node, 1));
    if (kernel == null || kernel.shape().rank() != 4 || !Windows.isRowsThenColumns(node)) {
      return LOOSE;
    }
    long[] dilations = Windows.list(node, "dilations");
    long dilatedHeight = (kernel.shape().dim(0) - 1) * (dilations.length == 4 ? dilations[1] : 1);
    long dilatedWidth = (kernel.shape().dim(1) - 1) * (dilations.length == 4 ? dilations[2] : 1);
    return Windows.over(node, grid, dilatedHeight + 1, dilatedWidth + 1);
  }

  /** A window as large as what it slides over stands for all of it, at any size. */
  private @Nullable Extent pooled(NodeDef node, Extent.Grid grid) {
    long[] window = Windows.list(node, "ksize");
    if (window.length != 4 || !Windows.isRowsThenColumns(node)) {
      return LOOSE;
    }
    boolean valid = Windows.padding(node).equals("VALID");
    if (valid && window[1] == grid.oldHeight() && window[2] == grid.oldWidth()) {
      rewriter.window(node, grid.height(), grid.width());
      return null;
    }
    return Windows.over(node, grid, window[1], window[2]);
  }

  private Extent padded(NodeDef node, Extent.Grid grid) {
    double[] amounts = constants.of(Nodes.dataInput(node, 1));
    if (amounts == null || amounts.length != 8) {
      return LOOSE;
    }
    long rows = (long) (amounts[2] + amounts[3]);
    long columns = (long) (amounts[4] + amounts[5]);
    return new Extent.Grid(
        grid.oldHeight() < 0 ? -1 : grid.oldHeight() + rows,
        grid.oldWidth() < 0 ? -1 : grid.oldWidth() + columns,
        grid.height() + rows,
        grid.width() + columns);
  }

  private @Nullable Extent reduced(NodeDef node, @Nullable Extent first) {
    double[] axes = constants.of(Nodes.dataInput(node, 1));
    if (first == null || axes == null) {
      return LOOSE;
    }
    int rank = first instanceof Extent.Line ? 3 : 4;
    Set<Integer> gone = new HashSet<>();
    Arrays.stream(axes).forEach(axis -> gone.add((int) (axis < 0 ? axis + rank : axis)));
    if (gone.contains(1) && (first instanceof Extent.Line || gone.contains(2))) {
      return null;
    }
    boolean keeps = node.getAttrOrDefault("keep_dims", AttrValue.getDefaultInstance()).getB();
    return keeps && gone.equals(Set.of(rank - 1)) ? first : LOOSE;
  }

  private @Nullable Extent squeezed(NodeDef node, @Nullable Extent first) {
    if (first instanceof Extent.Grid grid && grid.oldHeight() == 1 && grid.oldWidth() == 1) {
      throw refused(
          node,
          "takes away rows and columns, of which there would be "
              + grid.height()
              + "x"
              + grid.width());
    }
    return first == null ? null : LOOSE;
  }

  private @Nullable Extent reshaped(NodeDef node, Extent first) {
    long[] told = constants.shape(Nodes.dataInput(node, 1));
    if (told == null) {
      Extent repeated = upsampling.repeated(node, extents);
      return repeated == null ? LOOSE : repeated;
    }
    if (told.length == 2 && !isOnePosition(first) && keepsChannels(node, told[1])) {
      return first instanceof Extent.Loose ? LOOSE : new Extent.Folded(first);
    }
    Extent positions = first instanceof Extent.Folded folded ? folded.positions() : first;
    if (positions instanceof Extent.Grid grid && grid.oldHeight() > 0 && grid.oldWidth() > 0) {
      if (told.length >= 4 && told[1] == grid.oldHeight() && told[2] == grid.oldWidth()) {
        rewriter.shape(node, 1, 1, grid.height());
        rewriter.shape(node, 1, 2, grid.width());
        return told.length == 4 ? grid : LOOSE;
      }
      long count = grid.oldHeight() * grid.oldWidth();
      if (told.length == 3 && told[1] == count) {
        rewriter.shape(node, 1, 1, grid.height() * grid.width());
        return new Extent.Line(count, grid.height() * grid.width());
      }
      if (told.length == 3 && told[0] < 0 && told[1] < 0 && first == grid) {
        return new Extent.Line(count, grid.height() * grid.width());
      }
    }
    if (positions instanceof Extent.Line line && told.length >= 3 && told[1] == line.oldCount()) {
      rewriter.shape(node, 1, 1, line.count());
      return told.length == 3 ? line : LOOSE;
    }
    if (Arrays.stream(told).skip(1).allMatch(dim -> dim > 0)) {
      throw refused(
          node,
          told.length == 2
              ? "puts rows and columns together into "
                  + told[1]
                  + " numbers (a Flatten), for which the next layer's weights were made"
              : "brings features into the fixed shape " + Shape.of(told));
    }
    return LOOSE;
  }

  /** Of a single position, as many numbers as channels are a Flatten all the same. */
  private static boolean isOnePosition(Extent extent) {
    return extent instanceof Extent.Grid grid && grid.oldHeight() == 1 && grid.oldWidth() == 1
        || extent instanceof Extent.Line line && line.oldCount() == 1;
  }

  private boolean keepsChannels(NodeDef node, long last) {
    Shape before = shapes.of(Nodes.dataInput(node, 0));
    return before.rank() > 0 && before.dim(-1) == last;
  }

  private @Nullable Extent paired(NodeDef node) {
    Extent a = extents.get(Nodes.dataInput(node, 0));
    Extent b = extents.get(Nodes.dataInput(node, 1));
    if (a != null && b != null) {
      return meeting(node, a, b);
    }
    Extent own = a != null ? a : b;
    if (reckoned.contains(Nodes.dataInput(node, a != null ? 1 : 0).node())) {
      return own;
    }
    Shape other = shapes.of(Nodes.dataInput(node, a != null ? 1 : 0));
    boolean perPosition =
        own instanceof Extent.Grid && (dim(other, 3) > 1 || dim(other, 2) > 1)
            || own instanceof Extent.Line && dim(other, 2) > 1;
    if (perPosition) {
      throw refused(
          node,
          "puts numbers of shape "
              + other
              + ", one for each position (a position embedding), to features of that many"
              + " positions");
    }
    return own;
  }

  /** The size of the dimension at this place from the end; -1 if there is none or it is unknown. */
  private static long dim(Shape shape, int fromEnd) {
    return shape.rank() >= fromEnd ? shape.dim(-fromEnd) : Shape.UNKNOWN;
  }

  private Extent meeting(NodeDef node, Extent a, Extent b) {
    if (a instanceof Extent.Grid x && b instanceof Extent.Grid y) {
      boolean rows = x.height() == y.height() || x.height() == 1 || y.height() == 1;
      boolean columns = x.width() == y.width() || x.width() == 1 || y.width() == 1;
      if (!rows || !columns) {
        throw refused(
            node,
            String.format(
                "brings together %dx%d and %dx%d positions, which differ at this size",
                x.height(), x.width(), y.height(), y.width()));
      }
      return x.height() >= y.height() ? x : y;
    }
    return a.equals(b) ? a : LOOSE;
  }

  private Extent concatenated(NodeDef node) {
    List<TensorRef> inputs = Nodes.dataInputs(node);
    double[] axis = constants.of(inputs.get(inputs.size() - 1));
    List<TensorRef> parts = inputs.subList(0, inputs.size() - 1);
    if (axis == null) {
      return LOOSE;
    }
    List<Extent> own = parts.stream().map(extents::get).filter(e -> e != null).toList();
    if (own.size() == parts.size() && (axis[0] == 3 || axis[0] == -1)) {
      return own.stream().reduce((a, b) -> meeting(node, a, b)).orElse(LOOSE);
    }
    boolean fixed = // what is not told apart by its size stands beside what is
        parts.stream().anyMatch(p -> !extents.containsKey(p) && !reckoned.contains(p.node()));
    if (fixed && axis[0] == 3 && own.stream().anyMatch(e -> e instanceof Extent.Grid)) {
      throw refused(node, "puts features of a fixed size beside those of the pictures");
    }
    if (axis[0] == 1 && own.size() == 1 && own.get(0) instanceof Extent.Line line) {
      long more = 0;
      for (TensorRef part : parts) {
        Shape shape = shapes.of(part);
        if (!extents.containsKey(part)) {
          more = more < 0 || shape.rank() != 3 || shape.dim(1) < 0 ? -1 : more + shape.dim(1);
        }
      }
      return more < 0 ? LOOSE : new Extent.Line(line.oldCount() + more, line.count() + more);
    }
    return LOOSE;
  }

  private BadRequestException refused(NodeDef node, String why) {
    String old = size.oldHeight() < 0 ? "its size" : size.oldHeight() + "x" + size.oldWidth();
    return new BadRequestException(
        "the network works at one size only: "
            + node.getName()
            + " "
            + why
            + ". Leave out the size: pictures of any size are brought to "
            + old
            + " on their way in. Or cut before that layer and put a head that pools there.",
        Remedy.OWN_SIZE,
        Remedy.CUT);
  }
}
