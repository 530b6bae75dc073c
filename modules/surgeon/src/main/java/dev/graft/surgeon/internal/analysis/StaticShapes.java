package dev.graft.surgeon.internal.analysis;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpKinds;
import dev.graft.graph.op.OpRegistry;
import dev.graft.model.Model;
import dev.graft.surgeon.internal.analysis.Weights.Weight;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/**
 * Rank and last dimension of tensors, as far as they follow from weights and constants. No
 * replacement for TensorFlow's own shape inference, which sees every result when a session opens
 * it; just enough to size a new kernel without native code.
 */
public final class StaticShapes {

  private static final int MAX_DEPTH = 400;

  private final Graph graph;
  private final Weights weights;
  private final Map<TensorRef, Shape> known = new HashMap<>();
  private int depth;

  public StaticShapes(Model model) {
    this.graph = model.graph();
    this.weights = new Weights(model);
  }

  /** The shape of {@code tensor} with -1 where unknown, or of unknown rank. */
  public Shape of(TensorRef tensor) {
    Shape shape = known.get(tensor);
    if (shape == null) {
      if (++depth > MAX_DEPTH) {
        depth--;
        return Shape.unknown();
      }
      NodeDef node = graph.node(tensor.node());
      shape = noted(node, tensor.index());
      shape = shape.hasRank() ? shape : infer(node, tensor);
      depth--;
      known.put(tensor, shape);
    }
    return shape;
  }

  /** What the file says; edits that change shapes take these notes out. */
  private static Shape noted(NodeDef node, int output) {
    AttrValue noted = node.getAttrOrDefault("_output_shapes", AttrValue.getDefaultInstance());
    return output < noted.getList().getShapeCount()
        ? Shape.from(noted.getList().getShape(output))
        : Shape.unknown();
  }

  private Shape infer(NodeDef node, TensorRef tensor) {
    Weight weight = weights.at(tensor);
    if (weight != null) {
      return weight.shape();
    }
    return switch (node.getOp()) {
      case "Placeholder", "PlaceholderWithDefault" -> placeholder(node);
      case "Conv2D", "Conv3D" -> withLast(input(node, 0), weightDim(node, -1));
      case "DepthwiseConv2dNative" -> depthwise(node);
      case "BiasAdd", "FusedBatchNormV3", "FusedBatchNorm", "FusedBatchNormV2" ->
          tensor.index() == 0 ? withLast(input(node, 0), weightDim(node, -1)) : Shape.unknown();
      case "MaxPool",
          "AvgPool",
          "MaxPool3D",
          "AvgPool3D",
          "ResizeBilinear",
          "Pad",
          "PadV2",
          "MirrorPad" ->
          withLast(input(node, 0), input(node, 0).hasRank() ? input(node, 0).dim(-1) : -1);
      case "Mean", "Max", "Sum", "Min", "Prod" -> reduced(node);
      case "Reshape" -> asTold(Nodes.dataInput(node, 1));
      case "ConcatV2" -> concatenated(node);
      case "IdentityN" -> of(Nodes.dataInput(node, tensor.index()));
      case "Squeeze", "ExpandDims", "Transpose", "Pack", "StridedSlice" -> Shape.unknown();
      default -> byKind(node);
    };
  }

  private Shape byKind(NodeDef node) {
    String op = node.getOp();
    if (OpKinds.isMatrixProduct(op)) {
      return product(node);
    }
    if (OpKinds.isBroadcasting(op)) {
      return broadcast(input(node, 0), input(node, 1));
    }
    return OpKinds.isElementwise(op) ? input(node, 0) : Shape.unknown();
  }

  private Shape input(NodeDef node, int i) {
    return of(Nodes.dataInput(node, i));
  }

  private static Shape placeholder(NodeDef node) {
    AttrValue shape = OpRegistry.standard().attr(node, "shape");
    return shape == null ? Shape.unknown() : Shape.from(shape.getShape());
  }

  private long weightDim(NodeDef node, int dim) {
    Weight weight = weights.at(Nodes.dataInput(node, 1));
    return weight == null || weight.shape().rank() < 1 ? Shape.UNKNOWN : weight.shape().dim(dim);
  }

  /** All dimensions but the batch and the last may have changed. */
  private static Shape withLast(Shape input, long last) {
    if (!input.hasRank()) {
      return Shape.unknown();
    }
    long[] dims = new long[input.rank()];
    Arrays.fill(dims, Shape.UNKNOWN);
    dims[0] = input.dim(0);
    dims[dims.length - 1] = last;
    return Shape.of(dims);
  }

  private Shape depthwise(NodeDef node) {
    Weight weight = weights.at(Nodes.dataInput(node, 1));
    long last =
        weight == null || !weight.shape().isFullyKnown()
            ? Shape.UNKNOWN
            : weight.shape().dim(-1) * weight.shape().dim(-2);
    Shape input = input(node, 0);
    return withLast(input.hasRank() ? input : Shape.of(-1, -1, -1, -1), last);
  }

  private Shape product(NodeDef node) {
    boolean transposed =
        node.getAttrOrDefault("transpose_b", AttrValue.getDefaultInstance()).getB()
            || node.getAttrOrDefault("adj_y", AttrValue.getDefaultInstance()).getB();
    Shape a = input(node, 0);
    Shape b = input(node, 1);
    long last = b.rank() < 2 ? Shape.UNKNOWN : b.dim(transposed ? -2 : -1);
    if (!a.hasRank()) {
      return node.getOp().equals("MatMul") ? Shape.of(-1, last) : Shape.unknown();
    }
    return a.dim(-1, last);
  }

  private static Shape broadcast(Shape a, Shape b) {
    if (!a.hasRank() || !b.hasRank()) {
      return Shape.unknown();
    }
    long[] dims = new long[Math.max(a.rank(), b.rank())];
    for (int i = 1; i <= dims.length; i++) {
      long x = i <= a.rank() ? a.dim(-i) : 1;
      long y = i <= b.rank() ? b.dim(-i) : 1;
      dims[dims.length - i] = x == 1 ? y : y == 1 || x == y || y < 0 ? x : x < 0 ? y : -1;
    }
    return Shape.of(dims);
  }

  private Shape reduced(NodeDef node) {
    Shape input = input(node, 0);
    long[] axes = constant(Nodes.dataInput(node, 1));
    if (!input.hasRank() || axes == null) {
      return Shape.unknown();
    }
    boolean keep = node.getAttrOrDefault("keep_dims", AttrValue.getDefaultInstance()).getB();
    List<Integer> gone =
        Arrays.stream(axes).mapToObj(a -> (int) (a < 0 ? a + input.rank() : a)).toList();
    long[] dims = new long[keep ? input.rank() : input.rank() - gone.size()];
    for (int i = 0, at = 0; i < input.rank(); i++) {
      if (!gone.contains(i)) {
        dims[at++] = input.dim(i);
      } else if (keep) {
        dims[at++] = 1;
      }
    }
    return Shape.of(dims);
  }

  private Shape concatenated(NodeDef node) {
    List<TensorRef> inputs = Nodes.dataInputs(node);
    long[] axis = constant(inputs.get(inputs.size() - 1));
    Shape first = of(inputs.get(0));
    if (axis == null || !first.hasRank()) {
      return Shape.unknown();
    }
    int at = (int) (axis[0] < 0 ? axis[0] + first.rank() : axis[0]);
    long sum = 0;
    for (TensorRef input : inputs.subList(0, inputs.size() - 1)) {
      Shape shape = of(input);
      long size = shape.hasRank() ? shape.dim(at) : Shape.UNKNOWN;
      sum = sum < 0 || size < 0 ? Shape.UNKNOWN : sum + size;
    }
    return first.dim(at, sum);
  }

  /** A shape that a tensor says: a constant, or constants packed with sizes known only later. */
  private Shape asTold(TensorRef tensor) {
    long[] constant = constant(tensor);
    if (constant != null) {
      return Shape.of(constant);
    }
    NodeDef node = graph.node(tensor.node());
    if (!node.getOp().equals("Pack")) {
      return Shape.unknown();
    }
    return Shape.of(
        Nodes.dataInputs(node).stream()
            .map(this::constant)
            .mapToLong(value -> value == null ? Shape.UNKNOWN : value[0])
            .toArray());
  }

  private long @Nullable [] constant(TensorRef tensor) {
    NodeDef node = graph.node(tensor.node());
    if (node.getOp().equals("Identity")) {
      return constant(Nodes.dataInput(node, 0));
    }
    if (!node.getOp().equals("Const")) {
      return null;
    }
    TensorValue value = TensorValue.from(node.getAttrOrThrow("value").getTensor());
    return Arrays.stream(value.asDoubles()).mapToLong(d -> (long) d).toArray();
  }
}
