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
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The part of a graph that does not train, as it is computed fastest: weights of convolutions are
 * constants, so that TensorFlow lays them out for its kernels once and not in each run, and a
 * BatchNorm in inference is in the convolution before it ({@link FoldedNorm}). Nothing is kept that
 * only gradients need. What comes out is the same up to rounding.
 *
 * @param graph what gives the wanted tensors
 * @param model the model with the variables that this still reads
 * @param left how many bytes of weights are left variables, since that is too much for constants
 */
public record FrozenForm(Graph graph, Model model, long left) {

  /**
   * With more bytes of weights than this they stay variables: constants are in Java's memory a few
   * times until TensorFlow has them. A number and no share of memory, so that every machine
   * computes the same.
   */
  private static final long MOST = 128L << 20;

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
    List<String> initializers = model.initializers().stream().filter(graph::contains).toList();
    Set<String> initial = graph.upstream(initializers);
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
    Set<String> stays = new HashSet<>(ends); // what a session of the model asks for
    stays.addAll(feeds); // of which one may run nevertheless, for an output that is not fed
    stays.addAll(initializers);
    long bytes = bytes(read.values());
    if (bytes == 0 || bytes > MOST) {
      return of(model, graph, stays, bytes);
    }
    GraphEditor editor = graph.edit();
    VariableValues values = new VariableValues();
    read.forEach(
        (node, variable) -> settle(editor, variable, settled.reads(node), values.of(variable)));
    FoldedNorm.in(editor, needed, ends);
    return of(model, editor.build(), stays, 0);
  }

  /** With those variables alone that run: the head's, for one, are none of them. */
  private static FrozenForm of(Model model, Graph graph, Set<String> stays, long left) {
    Graph kept = graph.keepUpstreamOf(stays);
    List<Variable> run =
        model.variables().stream().filter(each -> kept.contains(each.node())).toList();
    return new FrozenForm(kept, reading(model, run), left);
  }

  /** What that costs, for a person; nothing where all is in its fastest form. */
  public Optional<String> words() {
    return left == 0
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "weights of convolutions are read anew in each run, since %d MiB of them are more"
                    + " than the %d MiB that become constants; features take longer so",
                left >> 20,
                MOST >> 20));
  }

  /**
   * The model as a session over a part of its graph needs it: with the variables that are read
   * there, and without what the part need not have.
   */
  public static Model reading(Model model, List<Variable> variables) {
    return model.toBuilder()
        .layers(List.of())
        .heads(List.of())
        .signatures(List.of())
        .variables(variables)
        .build();
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

  /** Puts a constant where the variable was read. */
  private static void settle(
      GraphEditor editor, Variable variable, Collection<String> reads, TensorValue value) {
    TensorRef constant = editor.constant("graft/frozen/" + variable.node(), value);
    reads.forEach(read -> editor.standIn(read, constant));
  }
}
