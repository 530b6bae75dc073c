package dev.graft.importer.internal.trust;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import dev.graft.model.MachineAccess;
import dev.graft.tensor.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * Finds batch normalizations that TensorFlow's optimiser may make one kernel with a convolution
 * before them, and whose sizes are not known to fit it: that kernel does not look, where the two by
 * themselves do. The optimiser takes out what does nothing between them, as far as it believes what
 * the graph claims; so all are asked for from which the normalization may come so.
 */
public final class FusedNorms {

  static final Set<String> NORMS = Set.of("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3");

  private static final String CONVOLUTION = "Conv2D";
  private static final String DEPTHWISE = "DepthwiseConv2dNative";
  private static final int VECTORS = 4; // scale, offset, mean, variance
  private static final int FILTER_RANK = 4;

  /** They are never taken out, since what they give is none of their inputs. */
  private static final Set<String> STAY =
      Set.of(
          "AvgPool",
          "BatchMatMul",
          "BatchMatMulV2",
          "BatchMatMulV3",
          "Const",
          "Conv2DBackpropInput",
          "Conv3D",
          "DecodeJpeg",
          "DepthToSpace",
          "Einsum",
          "Elu",
          "Erf",
          "Exp",
          "GatherV2",
          "LeakyRelu",
          "MatMul",
          "MaxPool",
          "Placeholder",
          "Rank",
          "Relu",
          "Relu6",
          "ResizeBilinear",
          "ResizeNearestNeighbor",
          "Selu",
          "Shape",
          "ShapeN",
          "Sigmoid",
          "Size",
          "Softmax",
          "Softplus",
          "SpaceToDepth",
          "Tanh",
          "TensorListGetItem",
          "TensorListStack",
          "VarHandleOp");

  private FusedNorms() {}

  /**
   * Those in {@code graph}.
   *
   * @param graph without calls, but for loops and branches
   * @param held what is known of its constants and variables
   * @param place what it is, in words for people
   */
  public static ImmutableList<MachineAccess> in(Graph graph, HeldShapes held, String place) {
    List<MachineAccess> found = new ArrayList<>();
    Function<String, Shape> shapes = input -> held.of(TensorRef.parse(input));
    find(graph.nodes(), graph::find, shapes, place, found);
    for (FunctionDef function : graph.functions().values()) {
      Map<String, NodeDef> body = new HashMap<>();
      function.getNodeDefList().forEach(node -> body.put(node.getName(), node));
      find(
          body.values(),
          body::get,
          input -> HeldShapes.ofConstant(body.get(JudgedScope.node(input))),
          "function '" + function.getSignature().getName() + "'",
          found);
    }
    return ImmutableList.copyOf(found);
  }

  private static void find(
      Iterable<NodeDef> nodes,
      Function<String, @Nullable NodeDef> byName,
      Function<String, Shape> shapes,
      String place,
      List<MachineAccess> found) {
    for (NodeDef node : nodes) {
      if (NORMS.contains(node.getOp()) && !isTraining(node) && !fits(node, byName, shapes)) {
        found.add(
            new MachineAccess(MachineAccess.Kind.UNKNOWN, node.getOp(), node.getName(), place));
      }
    }
  }

  private static boolean isTraining(NodeDef norm) {
    AttrValue training = OpRegistry.standard().attr(norm, "is_training");
    return training != null && training.hasB() && training.getB();
  }

  private static boolean fits(
      NodeDef norm, Function<String, @Nullable NodeDef> nodes, Function<String, Shape> shapes) {
    List<String> inputs = dataInputs(norm);
    if (inputs.size() <= VECTORS) {
      return false;
    }
    long channels = -1; // as the vectors have them
    for (String vector : inputs.subList(1, VECTORS + 1)) {
      Shape shape = shapes.apply(vector);
      boolean known = shape.isFullyKnown() && shape.rank() == 1;
      channels =
          known && (channels == -1 || channels == shape.dim(0)) ? shape.dim(0) : Long.MIN_VALUE;
    }
    Deque<String> open = new ArrayDeque<>(inputs.subList(0, 1));
    Set<String> seen = new HashSet<>();
    while (!open.isEmpty()) {
      NodeDef node = nodes.apply(JudgedScope.node(open.remove()));
      if (node == null || callsFunctions(node)) {
        return false; // it may be any convolution's
      }
      if (!seen.add(node.getName()) || stays(node)) {
        continue;
      }
      boolean depthwise = node.getOp().equals(DEPTHWISE);
      if (depthwise || node.getOp().equals(CONVOLUTION)) {
        List<String> of = dataInputs(node);
        if (of.size() < 2
            || channels < 0
            || channels != given(shapes.apply(of.get(1)), depthwise)) {
          return false;
        }
      } else {
        open.addAll(dataInputs(node));
      }
    }
    return true;
  }

  /** How many channels a convolution with such a filter gives; -1 if nobody knows. */
  private static long given(Shape filter, boolean depthwise) {
    if (!filter.isFullyKnown() || filter.rank() != FILTER_RANK) {
      return -1;
    }
    return depthwise ? filter.dim(2) * filter.dim(3) : filter.dim(3);
  }

  private static boolean stays(NodeDef node) {
    return STAY.contains(node.getOp())
        || node.getOp().startsWith("Concat") && number(node, "N") > 1
        || node.getOp().startsWith("Split") && number(node, "num_split") > 1;
  }

  private static long number(NodeDef node, String attr) {
    return node.getAttrOrDefault(attr, AttrValue.getDefaultInstance()).getI();
  }

  private static boolean callsFunctions(NodeDef node) {
    return node.getAttrMap().values().stream().anyMatch(PlainAttributes::namesFunctions);
  }

  private static List<String> dataInputs(NodeDef node) {
    return node.getInputList().stream().filter(input -> !Nodes.isControl(input)).toList();
  }
}
