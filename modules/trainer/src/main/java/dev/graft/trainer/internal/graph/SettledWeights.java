package dev.graft.trainer.internal.graph;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpKinds;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/**
 * Tells which variables are weights of convolutions and of the norms behind them, and of nothing
 * else. Those of other layers are better left variables: where scale and offset of a Keras 2
 * LayerNorm are constants, TensorFlow's optimiser makes one kernel of it that takes an epsilon of
 * its own, and answers are off by 1e-3.
 */
final class SettledWeights {

  /** What a norm in single ops does with its weights before it meets a picture. */
  private static final Set<String> ARITHMETIC =
      Set.of("AddV2", "Cast", "Identity", "Mul", "Neg", "Reshape", "Rsqrt", "Sqrt", "Sub");

  private static final int FILTER = 1; // the index of a convolution's weights, and of a bias

  private static final int STEPS = 8; // of arithmetic between a variable and a picture, at most

  private final Graph graph;
  private final Map<String, Set<String>> readers = new HashMap<>();
  private final Map<String, Boolean> settled = new HashMap<>();
  private final Set<String> waitedFor = new HashSet<>();

  /**
   * Of a graph.
   *
   * @param needed the nodes that run
   */
  SettledWeights(Graph graph, Set<String> needed) {
    this.graph = graph;
    for (NodeDef node : graph.topological()) {
      if (!needed.contains(node.getName())) {
        continue;
      }
      List<TensorRef> inputs = Nodes.dataInputs(node);
      boolean ofWeights =
          node.getOp().equals("Const")
              || node.getOp().equals("ReadVariableOp")
              || !inputs.isEmpty()
                  && ARITHMETIC.contains(node.getOp())
                  && inputs.stream().allMatch(input -> isSettled(input.node()));
      settled.put(node.getName(), ofWeights);
      Nodes.controlInputs(node).forEach(waitedFor::add);
      inputs.forEach(
          input ->
              readers
                  .computeIfAbsent(input.node(), k -> new LinkedHashSet<>())
                  .add(node.getName()));
    }
  }

  private boolean isSettled(String node) {
    return settled.getOrDefault(node, false);
  }

  /** Whether all that is made of the variable goes into convolutions and norms behind them. */
  boolean isOfConvolutions(String variable) {
    return graph.node(variable).getOp().equals("VarHandleOp")
        && !waitedFor.contains(variable)
        && readers.getOrDefault(variable, Set.of()).stream()
            .allMatch(
                read -> graph.node(read).getOp().equals("ReadVariableOp") && endsWell(read, STEPS));
  }

  /** The nodes that run and read {@code variable}. */
  Set<String> reads(String variable) {
    return readers.getOrDefault(variable, Set.of());
  }

  private boolean endsWell(String weight, int steps) {
    return steps > 0
        && readers.getOrDefault(weight, Set.of()).stream()
            .allMatch(
                name ->
                    isSettled(name) ? endsWell(name, steps - 1) : takes(graph.node(name), weight));
  }

  /** Whether {@code node}, which reads a picture, takes {@code weight} as one of a convolution. */
  private boolean takes(NodeDef node, String weight) {
    String op = node.getOp();
    List<TensorRef> inputs = Nodes.dataInputs(node);
    if (OpKinds.isConvolution(op)) {
      return inputs.get(FILTER).node().equals(weight);
    }
    if (op.startsWith("FusedBatchNorm")) {
      return FoldedNorm.isInference(node);
    }
    boolean arithmetic = op.equals("Mul") || op.equals("AddV2") || op.equals("Sub");
    return (arithmetic || op.equals("BiasAdd"))
        && inputs.stream()
            .map(TensorRef::node)
            .filter(input -> !isSettled(input))
            .allMatch(input -> isConvolved(graph.node(input), STEPS));
  }

  /** Whether it gives what a convolution gave, with a factor and a summand at most. */
  private boolean isConvolved(NodeDef node, int steps) {
    if (OpKinds.isConvolution(node.getOp())) {
      return true;
    }
    boolean changed = node.getOp().equals("Mul") || node.getOp().equals("BiasAdd");
    return changed
        && steps > 0
        && Nodes.dataInputs(node).stream()
            .map(TensorRef::node)
            .allMatch(input -> isSettled(input) || isConvolved(graph.node(input), steps - 1));
  }
}
