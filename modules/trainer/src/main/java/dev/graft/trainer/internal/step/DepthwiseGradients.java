package dev.graft.trainer.internal.step;

import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import dev.graft.runtime.ShapeInference;
import dev.graft.tensor.Shape;
import java.util.List;
import org.tensorflow.proto.NodeDef;

/**
 * The gradients of what depthwise convolutions read, as convolutions with the filter turned by half
 * a turn. On a processor that takes four fifths of the time of TensorFlow's
 * DepthwiseConv2dNativeBackpropInput where the maps are large, and more where they are small.
 */
final class DepthwiseGradients {

  private static final OpRegistry OPS = OpRegistry.standard();
  private static final int LARGE = 1500; // cells of a map

  private DepthwiseGradients() {}

  /** {@code graph} with such convolutions; itself if there is no gradient that is one. */
  static Graph in(Graph graph) {
    List<NodeDef> all = graph.nodes().stream().filter(DepthwiseGradients::keepsTheSize).toList();
    if (all.isEmpty()) {
      return graph;
    }
    ShapeInference shapes = ShapeInference.of(graph);
    List<NodeDef> large = all.stream().filter(node -> isLarge(node, shapes)).toList();
    if (large.isEmpty()) {
      return graph;
    }
    GraphEditor editor = graph.edit();
    large.forEach(node -> editor.standIn(node.getName(), turned(editor, node)));
    return editor.build();
  }

  private static boolean keepsTheSize(NodeDef node) {
    return node.getOp().equals("DepthwiseConv2dNativeBackpropInput")
        && text(node, "data_format").equals("NHWC")
        && text(node, "padding").equals("SAME")
        && areOnes(node, "strides")
        && areOnes(node, "dilations");
  }

  private static String text(NodeDef node, String name) {
    return OPS.required(node, name).getS().toStringUtf8();
  }

  private static boolean areOnes(NodeDef node, String name) {
    return OPS.required(node, name).getList().getIList().stream().allMatch(each -> each == 1);
  }

  /**
   * With an odd filter, whose padding is the same on both sides, of one output for each channel.
   */
  private static boolean isLarge(NodeDef node, ShapeInference shapes) {
    Shape filter = shapes.shape(Nodes.dataInput(node, 1));
    Shape map = shapes.shape(Nodes.dataInput(node, 2));
    return filter.rank() == 4
        && filter.dim(0) % 2 == 1
        && filter.dim(1) % 2 == 1
        && filter.dim(3) == 1
        && map.rank() == 4
        && map.dim(1) > 0
        && map.dim(2) > 0
        && map.dim(1) * map.dim(2) >= LARGE;
  }

  private static TensorRef turned(GraphEditor editor, NodeDef node) {
    Scope g = new Scope(editor, editor.uniqueName(node.getName() + "/turned"));
    return g.op("DepthwiseConv2dNative")
        .input(Nodes.dataInput(node, 2))
        .input(g.add("ReverseV2", Nodes.dataInput(node, 1), g.ints(0, 1)))
        .attr("strides", Attrs.ints(1, 1, 1, 1))
        .attr("padding", "SAME")
        .output();
  }
}
