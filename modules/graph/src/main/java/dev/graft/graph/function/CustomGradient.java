package dev.graft.graph.function;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadModelException;
import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * What is known of a gradient that a model's author gave with {@code tf.custom_gradient}.
 * TensorFlow records such a place as an {@code IdentityN} with the attribute {@code
 * _gradient_op_type}: it hands on the results of the formula, and behind them what went into the
 * formula, so that a gradient can go from the one to the other past the formula itself.
 */
@Internal
public sealed interface CustomGradient {

  /** Where TensorFlow notes the name under which Python knows the gradient. */
  String MARK = "_gradient_op_type";

  /** Where the importer notes the function that the SavedModel holds for it. */
  String FUNCTION = "_graft_gradient";

  /** Where the importer notes which result of the function is the gradient of which input. */
  String RESULTS = "_graft_gradient_results";

  /**
   * The SavedModel holds the gradient as a function. Its arguments are the gradients of the node's
   * first {@code results.size()} outputs (zeros for those that nobody uses), then {@code captures},
   * which are further inputs that the importer gave to the node.
   *
   * @param function the function
   * @param captures the tensors for its last arguments
   * @param results for each of the node's first inputs, which of the function's results is its
   *     gradient; -1 for none
   */
  record Saved(
      FunctionDef function, ImmutableList<TensorRef> captures, ImmutableList<Integer> results)
      implements CustomGradient {}

  /**
   * The gradient is that of the formula, only computed more thriftily: what is known of {@code
   * tf.nn.silu} (swish). The node can be passed like any other {@code IdentityN}.
   */
  record OfFormula() implements CustomGradient {}

  /**
   * Nobody but the author's Python code knows it: the gradient of the formula would be another.
   *
   * @param type the name under which Python knew it
   */
  record Unknown(String type) implements CustomGradient {}

  /**
   * What is known of the gradient of {@code node}; empty if it has no gradient of its own.
   *
   * @param graph the graph that holds the node
   */
  static Optional<CustomGradient> of(Graph graph, NodeDef node) {
    AttrValue mark = node.getAttrOrDefault(MARK, null);
    if (mark == null || !node.getOp().equals("IdentityN")) {
      return Optional.empty();
    }
    AttrValue saved = node.getAttrOrDefault(FUNCTION, null);
    if (saved != null) {
      return Optional.of(saved(graph, node, saved.getFunc().getName()));
    }
    return Optional.of(
        isSwish(graph, Nodes.dataInputs(node))
            ? new OfFormula()
            : new Unknown(mark.getS().toStringUtf8()));
  }

  private static Saved saved(Graph graph, NodeDef node, String name) {
    FunctionDef function = graph.functions().get(name);
    List<Long> results = node.getAttrOrThrow(RESULTS).getList().getIList();
    List<TensorRef> inputs = Nodes.dataInputs(node);
    if (function == null
        || function.getSignature().getInputArgCount() != inputs.size()
        || results.size() > inputs.size()) {
      throw BadModelException.atNode(
          node.getName(),
          "the gradient of node '"
              + node.getName()
              + "' is the function '"
              + name
              + "', which the model lacks or which takes other arguments; it is damaged.");
    }
    return new Saved(
        function,
        ImmutableList.copyOf(inputs.subList(results.size(), inputs.size())),
        results.stream().map(Long::intValue).collect(ImmutableList.toImmutableList()));
  }

  /** Whether the node hands on {@code x * sigmoid(x)} or {@code x * sigmoid(beta * x)}. */
  private static boolean isSwish(Graph graph, List<TensorRef> inputs) {
    if (inputs.size() < 2 || inputs.size() > 3) {
      return false;
    }
    TensorRef x = inputs.get(1);
    NodeDef product = graph.find(inputs.get(0).node());
    if (product == null || !product.getOp().equals("Mul")) {
      return false;
    }
    List<TensorRef> factors = Nodes.dataInputs(product);
    TensorRef other = other(factors, x);
    NodeDef sigmoid = other == null ? null : graph.find(other.node());
    if (sigmoid == null || !sigmoid.getOp().equals("Sigmoid")) {
      return false;
    }
    TensorRef steep = Nodes.dataInput(sigmoid, 0);
    if (steep.equals(x)) {
      return true;
    }
    NodeDef scaled = graph.find(steep.node());
    return inputs.size() == 3
        && scaled != null
        && scaled.getOp().equals("Mul")
        && inputs.get(2).equals(other(Nodes.dataInputs(scaled), x));
  }

  /** Of two tensors the one that is not {@code tensor}; null if that is not one of them. */
  private static @Nullable TensorRef other(List<TensorRef> two, TensorRef tensor) {
    if (two.size() != 2) {
      return null;
    }
    return two.get(0).equals(tensor) ? two.get(1) : two.get(1).equals(tensor) ? two.get(0) : null;
  }
}
