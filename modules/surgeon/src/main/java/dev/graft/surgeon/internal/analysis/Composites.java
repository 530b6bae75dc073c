package dev.graft.surgeon.internal.analysis;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.NodeDef;

/** Recognises layers that Keras writes as several ops. */
public final class Composites {

  private Composites() {}

  /**
   * What softmax is applied to, if {@code division} is the last op of Keras 2's softmax for rank
   * above 2: {@code exp(x - max(x)) / sum(exp(x - max(x)))}; null otherwise.
   */
  public static @Nullable TensorRef softmaxOf(Graph graph, NodeDef division) {
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

  /**
   * Whether the einsum of features and a kernel of two dimensions sums over the kernel's last one,
   * as {@code ab,cb->ac} does; empty if it sums over neither, or both.
   */
  public static Optional<Boolean> sumsOverLast(NodeDef einsum) {
    String equation = einsum.getAttrOrThrow("equation").getS().toStringUtf8().replace(" ", "");
    int comma = equation.indexOf(',');
    int arrow = equation.indexOf("->");
    if (comma < 0 || arrow < comma || arrow - comma != 3) {
      return Optional.empty();
    }
    String features = equation.substring(0, comma);
    String result = equation.substring(arrow + 2);
    boolean first = sums(equation.charAt(comma + 1), features, result);
    boolean last = sums(equation.charAt(comma + 2), features, result);
    return first == last ? Optional.empty() : Optional.of(last);
  }

  private static boolean sums(char dimension, String features, String result) {
    return features.indexOf(dimension) >= 0 && result.indexOf(dimension) < 0;
  }

  /**
   * A tensor before it was laid out anew.
   *
   * @param tensor what stood there
   * @param transposed whether its dimensions were exchanged on the way
   */
  public record Source(TensorRef tensor, boolean transposed) {}

  /**
   * What {@code tensor} was before transposes, reshapes and copies; null if a transpose is not
   * among them. Tensordot transposes a kernel by [0, 1] too, which exchanges nothing.
   */
  public static @Nullable Source transposeOf(Graph graph, TensorRef tensor) {
    boolean found = false;
    boolean transposed = false;
    TensorRef at = tensor;
    while (true) {
      NodeDef node = graph.node(at.node());
      switch (node.getOp()) {
        case "Transpose" -> {
          found = true;
          transposed ^= !isInOrder(graph.node(Nodes.dataInput(node, 1).node()));
        }
        case "Reshape", "Identity" -> {}
        default -> {
          return found ? new Source(at, transposed) : null;
        }
      }
      at = Nodes.dataInput(node, 0);
    }
  }

  private static boolean isInOrder(NodeDef permutation) {
    if (!permutation.getOp().equals("Const")) {
      return false;
    }
    double[] order = TensorValue.from(permutation.getAttrOrThrow("value").getTensor()).asDoubles();
    return IntStream.range(0, order.length).allMatch(i -> order[i] == i);
  }

  /**
   * A dense layer on a tensor of rank above 2 is written as tensordot: the tensor is transposed (by
   * nothing) and folded to two dimensions before the product. This gives the tensor before that, or
   * {@code features} itself if it was not folded so. Flatten, which folds the features themselves
   * together, is kept apart by its constant shape.
   */
  public static TensorRef unfolded(Graph graph, TensorRef features) {
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
