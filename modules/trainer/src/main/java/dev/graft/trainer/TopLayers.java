package dev.graft.trainer;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/** Finds the weights of the layers next to a head, by how deep in the graph they are used. */
final class TopLayers {

  private final Model model;
  private final Set<String> fromInput;
  private final Map<String, Integer> depths = new HashMap<>();

  private TopLayers(Model model, Graph graph, Collection<TensorRef> inputs) {
    this.model = model;
    this.fromInput = graph.downstream(inputs.stream().map(TensorRef::node).toList());
    for (NodeDef node : graph.topological()) {
      int deepest = 0;
      for (TensorRef input : Nodes.dataInputs(node)) {
        deepest = Math.max(deepest, depths.getOrDefault(input.node(), 0));
      }
      depths.put(node.getName(), deepest + 1);
    }
  }

  /**
   * The weights to train together with the head: those that the model says train, if there are any
   * besides the head's; else those used at least as deep as the kernels of the last layers.
   *
   * @param graph the model's graph, with the way in for the examples
   * @param inputs what it is fed with
   * @param goals what the heads should do
   * @param share which part of the layers with a kernel counts as last, above 0 to 1
   */
  static List<Variable> of(
      Model model, Graph graph, Collection<TensorRef> inputs, List<Goal> goals, double share) {
    TopLayers layers = new TopLayers(model, graph, inputs);
    Set<String> needed = needed(graph, goals);
    List<Variable> unfrozen = unfrozen(model, graph, goals);
    if (!Goal.variables(model, goals).containsAll(unfrozen)) {
      return unfrozen;
    }
    Map<Variable, Integer> used = new HashMap<>();
    for (Variable variable : model.variables()) {
      if (needed.contains(variable.node()) && mayTrain(variable)) {
        int depth = layers.firstUse(graph, variable, needed);
        if (depth > 0) {
          used.put(variable, depth);
        }
      }
    }
    List<Integer> kernels =
        used.entrySet().stream()
            .filter(entry -> entry.getKey().shape().rank() >= 2)
            .map(Map.Entry::getValue)
            .sorted(Comparator.reverseOrder())
            .toList();
    int last = (int) Math.ceil(share * kernels.size());
    int depth = last < 1 ? Integer.MAX_VALUE : kernels.get(Math.min(last, kernels.size()) - 1);
    return model.variables().stream()
        .filter(variable -> used.getOrDefault(variable, 0) >= depth)
        .toList();
  }

  /** What the model says trains, in its heads and before them. */
  static List<Variable> unfrozen(Model model, Graph graph, List<Goal> goals) {
    Set<String> needed = needed(graph, goals);
    return model.variables().stream()
        .filter(v -> v.trainable() && needed.contains(v.node()) && mayTrain(v))
        .toList();
  }

  private static Set<String> needed(Graph graph, List<Goal> goals) {
    return graph.upstream(Goal.logits(goals).stream().map(TensorRef::node).toList());
  }

  /** Moving statistics never do; what has no known role only if it did so far. */
  private static boolean mayTrain(Variable variable) {
    return !variable.role().isStatistic()
        && variable.dtype().name().matches("DT_(FLOAT|DOUBLE|HALF|BFLOAT16)")
        && (variable.role() != Variable.Role.OTHER || variable.trainable());
  }

  /** The depth of the first node that puts {@code variable} to the examples; 0 if none does. */
  private int firstUse(Graph graph, Variable variable, Set<String> needed) {
    return graph.downstream(List.of(variable.node())).stream()
        .filter(node -> fromInput.contains(node) && needed.contains(node))
        .mapToInt(node -> depths.getOrDefault(node, 0))
        .min()
        .orElse(0);
  }
}
