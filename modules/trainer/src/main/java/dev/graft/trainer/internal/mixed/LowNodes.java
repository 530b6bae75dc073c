package dev.graft.trainer.internal.mixed;

import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.CustomGradient;
import dev.graft.graph.function.CustomGradient.OfFormula;
import dev.graft.graph.op.OpRegistry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * Which nodes of a step compute in fewer digits. An op that gains does so wherever it reads more
 * than weights; one that follows does so if all that it reads has few digits, weights and constants
 * aside.
 */
final class LowNodes {

  private static final OpRegistry OPS = OpRegistry.standard();

  private final Graph graph;
  private final DataType low;
  private final Settled settled;
  private final Map<String, NodeDef> found = new LinkedHashMap<>();

  private LowNodes(Graph graph, DataType low) {
    this.graph = graph;
    this.low = low;
    this.settled = new Settled(graph, low);
  }

  /**
   * Finds them.
   *
   * @param among the names of the nodes that may be some
   * @return each as it is in {@code low}, by name, in an order in which it comes after what it
   *     reads
   */
  static Map<String, NodeDef> of(Graph graph, Set<String> among, DataType low) {
    LowNodes nodes = new LowNodes(graph, low);
    for (NodeDef node : graph.topological()) {
      if (among.contains(node.getName())) {
        nodes.form(node).ifPresent(form -> nodes.found.put(node.getName(), form));
      }
    }
    return nodes.found;
  }

  /** What {@code node} is in fewer digits; nothing if it has as many as before. */
  private Optional<NodeDef> form(NodeDef node) {
    if (CustomGradient.of(graph, node).filter(OfFormula.class::isInstance).isPresent()) {
      return handedOn(node);
    }
    // decoding of pictures names the CPU; another gradient than the op's own is made for float32
    return node.getDevice().isEmpty() && !node.containsAttr(CustomGradient.MARK)
        ? MixedOps.in(node, low).filter(form -> isLow(node, form))
        : Optional.empty();
  }

  /** Swish as Keras writes it: handed on as it is, with the gradient of its formula. */
  private Optional<NodeDef> handedOn(NodeDef node) {
    List<DataType> types =
        Nodes.dataInputs(node).stream().map(t -> isLow(t) ? low : graph.dtype(t)).toList();
    return types.contains(low)
        ? Optional.of(
            node.toBuilder()
                .removeAttr(CustomGradient.MARK)
                .putAttr("T", Attrs.types(types))
                .build())
        : Optional.empty();
  }

  /**
   * Whether {@code node} computes in fewer digits.
   *
   * @param form it as it would be then
   */
  private boolean isLow(NodeDef node, NodeDef form) {
    List<TensorRef> inputs = Nodes.dataInputs(node);
    List<DataType> wanted = OPS.inputTypes(form);
    boolean few = false;
    boolean many = false;
    for (int i = 0; i < inputs.size(); i++) {
      if (wanted.get(i) == low) {
        TensorRef input = inputs.get(i);
        if (settled.isBeyond(input)) {
          return false;
        }
        few |= isLow(input);
        many |= !isLow(input) && !settled.holds(input);
      }
    }
    return MixedOps.gains(node) ? few || many : few && !many;
  }

  private boolean isLow(TensorRef tensor) {
    return Optional.ofNullable(found.get(tensor.node()))
        .filter(form -> OPS.outputTypes(form).get(tensor.index()) == low)
        .isPresent();
  }
}
