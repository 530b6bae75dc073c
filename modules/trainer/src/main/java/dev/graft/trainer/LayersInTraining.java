package dev.graft.trainer;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Chooses the layers that behave as in training: those that train. A layer without weights, such as
 * dropout, counts as training if something before it trains, or if all weights after it do. Frozen
 * layers behind what trains are there for their penalties alone.
 */
final class LayersInTraining {

  private final Model model;
  private final Graph graph;
  private final boolean batchNorm;
  private final Set<String> training;
  private final Set<String> needed;
  private final Set<String> fromInput;
  private final Set<String> fromTraining;
  private final ImmutableList.Builder<Layer> found = ImmutableList.builder();

  private LayersInTraining(
      Model model,
      Graph graph,
      Collection<TensorRef> inputs,
      Collection<TensorRef> logits,
      Collection<Variable> training,
      boolean batchNorm) {
    this.model = model;
    this.graph = graph;
    this.batchNorm = batchNorm;
    this.training = training.stream().map(Variable::name).collect(Collectors.toSet());
    this.needed = graph.upstream(logits.stream().map(TensorRef::node).toList());
    this.fromInput = graph.downstream(inputs.stream().map(TensorRef::node).toList());
    this.fromTraining = graph.downstream(training.stream().map(Variable::node).toList());
  }

  /**
   * Those layers, the outermost that have a training function.
   *
   * @param graph the model's graph, with the way in for the examples
   * @param inputs what it is fed with
   * @param logits what the heads answer
   * @param training the variables that train
   * @param batchNorm whether layers that normalise by the batch do so in training
   */
  static ImmutableList<Layer> of(
      Model model,
      Graph graph,
      Collection<TensorRef> inputs,
      Collection<TensorRef> logits,
      Collection<Variable> training,
      boolean batchNorm) {
    LayersInTraining layers =
        new LayersInTraining(model, graph, inputs, logits, training, batchNorm);
    model.layers().forEach(layers::add);
    return layers.found.build();
  }

  /** Whether {@code layer} normalises by the batch, or one inside it does. */
  static boolean hasBatchNorm(Layer layer) {
    return layer.walk().anyMatch(each -> each.behaviour() instanceof Layer.Behaviour.BatchNorm);
  }

  private void add(Layer layer) {
    boolean may =
        layer.training().isPresent()
            && layer.outputs().stream().anyMatch(output -> needed.contains(output.node()))
            && (batchNorm || !hasBatchNorm(layer));
    if (may && trains(layer) && layer.training().get().isUsable()) {
      found.add(layer);
    } else {
      layer.children().forEach(this::add);
      if (isBehindTraining(layer) && innermost(layer)) {
        ActivityPenalties.of(layer).ifPresent(found::add);
      }
    }
  }

  private boolean isBehindTraining(Layer layer) {
    return layer.outputs().stream()
        .map(TensorRef::node)
        .anyMatch(output -> needed.contains(output) && fromTraining.contains(output));
  }

  /** What is inside another layer has its penalties in both functions. */
  private static boolean innermost(Layer layer) {
    return layer.children().stream()
        .flatMap(Layer::walk)
        .allMatch(inside -> inside.training().isEmpty());
  }

  private boolean trains(Layer layer) {
    List<Variable> weights =
        layer
            .walk()
            .flatMap(each -> each.variables().stream())
            .flatMap(name -> model.variable(name).stream())
            .filter(Variable::canTrain)
            .toList();
    if (!weights.isEmpty()) {
      return weights.stream().anyMatch(weight -> training.contains(weight.name()));
    }
    Set<String> outputs = layer.outputs().stream().map(TensorRef::node).collect(Collectors.toSet());
    return outputs.stream().anyMatch(fromTraining::contains) || allTrainsAfter(outputs);
  }

  private boolean allTrainsAfter(Set<String> outputs) {
    Set<String> after = new HashSet<>(graph.downstream(outputs));
    after.retainAll(needed);
    return model.variables().stream()
        .filter(variable -> variable.canTrain() && !training.contains(variable.name()))
        .noneMatch(frozen -> uses(frozen).stream().anyMatch(after::contains));
  }

  /** The nodes that put {@code variable}, or what is made of it alone, to the examples. */
  private Set<String> uses(Variable variable) {
    Set<String> uses = new LinkedHashSet<>();
    Set<String> seen = new HashSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(variable.node()));
    while (!open.isEmpty()) {
      for (String consumer : graph.consumers(open.pop())) {
        if (fromInput.contains(consumer)) {
          uses.add(consumer);
        } else if (seen.add(consumer)) {
          open.push(consumer);
        }
      }
    }
    return uses;
  }
}
