package dev.graft.surgeon;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.NodeDef;

/** Recognises layers that Keras writes as several ops. */
final class Composites {

  private Composites() {}

  /**
   * What softmax is applied to, if {@code division} is the last op of Keras 2's softmax for rank
   * above 2: {@code exp(x - max(x)) / sum(exp(x - max(x)))}; null otherwise.
   */
  static @Nullable TensorRef softmaxOf(Graph graph, NodeDef division) {
    NodeDef exp = graph.node(Nodes.dataInput(division, 0).node());
    NodeDef sum = graph.node(Nodes.dataInput(division, 1).node());
    if (!exp.getOp().equals("Exp")
        || !sum.getOp().equals("Sum")
        || !Nodes.dataInput(sum, 0).node().equals(exp.getName())) {
      return null;
    }
    NodeDef difference = graph.node(Nodes.dataInput(exp, 0).node());
    if (!difference.getOp().equals("Sub")) {
      return null;
    }
    TensorRef x = Nodes.dataInput(difference, 0);
    NodeDef max = graph.node(Nodes.dataInput(difference, 1).node());
    return max.getOp().equals("Max") && Nodes.dataInput(max, 0).equals(x) ? x : null;
  }

  /** What {@code tensor} is the transpose of, or null. */
  static @Nullable TensorRef transposeOf(Graph graph, TensorRef tensor) {
    NodeDef node = graph.node(tensor.node());
    return switch (node.getOp()) {
      case "Transpose" -> Nodes.dataInput(node, 0);
      case "Reshape", "Identity" -> transposeOf(graph, Nodes.dataInput(node, 0));
      default -> null;
    };
  }

  /**
   * A dense layer on a tensor of rank above 2 is written as tensordot: the tensor is transposed (by
   * nothing) and folded to two dimensions before the product. This gives the tensor before that, or
   * {@code features} itself if it was not folded so. Flatten, which folds the features themselves
   * together, is kept apart by its constant shape.
   */
  static TensorRef unfolded(Graph graph, TensorRef features) {
    NodeDef fold = graph.node(features.node());
    if (!fold.getOp().equals("Reshape")) {
      return features;
    }
    NodeDef shape = graph.node(Nodes.dataInput(fold, 1).node());
    NodeDef folded = graph.node(Nodes.dataInput(fold, 0).node());
    boolean tensordot =
        folded.getOp().equals("Transpose") && !shape.getOp().equals("Const")
            || fold.getName().contains("/Tensordot/");
    if (!tensordot) {
      return features;
    }
    List<TensorRef> inputs = Nodes.dataInputs(folded);
    return folded.getOp().equals("Transpose") ? inputs.get(0) : Nodes.dataInput(fold, 0);
  }
}
