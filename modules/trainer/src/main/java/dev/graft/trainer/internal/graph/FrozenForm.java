package dev.graft.trainer.internal.graph;

import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The part of a graph that does not train, as it is computed fastest: weights of convolutions are
 * constants, so that TensorFlow lays them out for its kernels once and not in each run, and a
 * BatchNorm in inference is in the convolution before it ({@link FoldedNorm}). Nothing is kept that
 * only gradients need. What comes out is the same up to rounding.
 *
 * @param graph what gives the wanted tensors
 * @param model the model with the variables that this still reads
 */
public record FrozenForm(Graph graph, Model model) {

  /** More bytes of variables than this, or than an eighth of Java's memory, stay variables. */
  private static final long MOST = 512L << 20;

  /**
   * The form of what {@code wanted} needs.
   *
   * @param model whose variables {@code graph} reads
   * @param fed tensors that a run is given
   */
  public static FrozenForm of(
      Model model, Graph graph, Collection<TensorRef> fed, Collection<TensorRef> wanted) {
    Set<String> ends = nodes(wanted);
    Set<String> feeds = nodes(fed);
    Set<String> needed = new HashSet<>(graph.upstream(ends, feeds));
    needed.removeAll(feeds);
    SettledWeights settled = new SettledWeights(graph, needed);
    Set<String> initial =
        graph.upstream(model.initializers().stream().filter(graph::contains).toList());
    Map<String, Variable> read = new HashMap<>(); // by node
    for (Variable variable : model.variables()) {
      if (needed.contains(variable.node())
          && !initial.contains(variable.node())
          && variable.dtype() != DType.STRING
          && variable.shape().isFullyKnown()
          && settled.isOfConvolutions(variable.node())) {
        read.put(variable.node(), variable);
      }
    }
    if (read.isEmpty() || bytes(read.values()) > Math.min(MOST, memory())) {
      return new FrozenForm(graph, model);
    }
    GraphEditor editor = graph.edit();
    VariableValues values = new VariableValues();
    read.forEach((node, variable) -> settle(editor, graph, variable, values.of(variable)));
    FoldedNorm.in(editor, needed, ends);
    List<Variable> rest =
        model.variables().stream().filter(variable -> !read.containsKey(variable.node())).toList();
    return new FrozenForm(
        editor.build(), model.toBuilder().layers(List.of()).variables(rest).build());
  }

  private static Set<String> nodes(Collection<TensorRef> tensors) {
    Set<String> nodes = new HashSet<>();
    tensors.forEach(tensor -> nodes.add(tensor.node()));
    return nodes;
  }

  private static long bytes(Collection<Variable> variables) {
    return variables.stream()
        .mapToLong(each -> each.shape().elements() * TensorValue.size(each.dtype()))
        .sum();
  }

  private static long memory() {
    return Runtime.getRuntime().maxMemory() / 8;
  }

  /** Puts a constant where the variable was read. */
  private static void settle(
      GraphEditor editor, Graph graph, Variable variable, TensorValue value) {
    TensorRef constant = editor.constant("graft/frozen/" + variable.node(), value);
    for (String reader : graph.consumers(variable.node())) {
      editor.standIn(reader, constant);
    }
  }
}
