package dev.graft.trainer.internal.graph;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Chooses the layers that behave as in training: those that train. A layer without weights, such as
 * dropout, counts as training if something before it trains, or if all weights after it do. Frozen
 * layers behind what trains are there for their penalties alone.
 *
 * <p>A layer's own function stands for all that is inside it. So a layer that holds a BatchNorm
 * which is to stay in inference, or which is frozen, does without its own function; those of the
 * layers inside it are used.
 */
public final class LayersInTraining {

  /** So many layers are named that could not behave as in training. */
  private static final int NAMED = 3;

  private final Model model;
  private final Graph graph;
  private final boolean batchNorm;
  private final Set<String> training;
  private final Set<String> needed;
  private final Set<String> fromInput;
  private final Set<String> fromTraining;
  private final ImmutableList.Builder<Layer> found = ImmutableList.builder();
  private final List<Layer> asInTraining = new ArrayList<>(); // those not there for penalties alone
  private final List<String> without = new ArrayList<>(); // which could not, and why
  private int inInference; // BatchNorms that could do otherwise

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
   * Chooses them, the outermost that have a training function.
   *
   * @param graph the model's graph, with the way in for the examples
   * @param inputs what it is fed with
   * @param logits what the heads answer
   * @param training the variables that train
   * @param batchNorm whether layers that normalise by the batch do so in training
   */
  public static LayersInTraining of(
      Model model,
      Graph graph,
      Collection<TensorRef> inputs,
      Collection<TensorRef> logits,
      Collection<Variable> training,
      boolean batchNorm) {
    LayersInTraining layers =
        new LayersInTraining(model, graph, inputs, logits, training, batchNorm);
    model.layers().forEach(layers::add);
    return layers;
  }

  /** The layers whose own functions are used. */
  public ImmutableList<Layer> layers() {
    return found.build();
  }

  /** Which layers behave as in training, and which could not, for a person. */
  public String words() {
    Map<String, Long> counts =
        asInTraining.stream().collect(groupingBy(Layer::className, LinkedHashMap::new, counting()));
    String some =
        counts.entrySet().stream()
            .map(
                each ->
                    each.getValue()
                        + " "
                        + (each.getKey().isEmpty() ? "of no known class" : each.getKey()))
            .collect(joining(", "));
    StringBuilder words =
        new StringBuilder(
            some.isEmpty()
                ? "all layers behave as in inference"
                : "as in training behave " + some + ", all other layers as in inference");
    if (inInference > 0) {
      words
          .append("; ")
          .append(inInference)
          .append(" BatchNorm")
          .append(inInference == 1 ? " normalises" : " normalise")
          .append(" by moving statistics");
    }
    if (batchNorm && asInTraining.stream().noneMatch(LayersInTraining::hasBatchNorm)) {
      words.append(
          "; to train BatchNorm changes nothing, since of no BatchNorm that trains here the"
              + " SavedModel tells what it does in training");
    }
    if (!without.isEmpty()) {
      words.append("; not as in training: ");
      words.append(String.join(", ", without.subList(0, Math.min(NAMED, without.size()))));
      if (without.size() > NAMED) {
        words.append(" and ").append(without.size() - NAMED).append(" more");
      }
    }
    return words.toString();
  }

  /** Whether {@code layer} normalises by the batch, or one inside it does. */
  public static boolean hasBatchNorm(Layer layer) {
    return layer.walk().anyMatch(LayersInTraining::isBatchNorm);
  }

  private void add(Layer layer) {
    boolean may =
        layer.training().isPresent()
            && layer.outputs().stream().anyMatch(output -> needed.contains(output.node()))
            && trains(layer);
    if (may && canTrain(layer)) {
      found.add(layer);
      asInTraining.add(layer);
    } else {
      layer.children().forEach(this::add);
      if (isBehindTraining(layer) && innermost(layer)) {
        ActivityPenalties.of(layer).ifPresent(found::add);
      }
    }
  }

  /** Whether the function of a layer that trains may be used; notes why not. */
  private boolean canTrain(Layer layer) {
    if (!batchNorm && isBatchNorm(layer)) {
      inInference++;
      return false;
    }
    Optional<Layer> still =
        layer
            .walk()
            .filter(LayersInTraining::isBatchNorm)
            .filter(norm -> !batchNorm || !trains(norm))
            .findFirst();
    if (still.isPresent()) {
      without.add(
          "'"
              + layer.name()
              + "' (its BatchNorm '"
              + still.get().name()
              + (batchNorm ? "' is frozen" : "' stays in inference")
              + "; what its author wrote for training is left out)");
      return false;
    }
    if (!layer.training().orElseThrow().isUsable()) {
      without.add("'" + layer.name() + "' (its function for training does not fit its place)");
      return false;
    }
    return true;
  }

  private static boolean isBatchNorm(Layer layer) {
    return layer.behaviour() instanceof Layer.Behaviour.BatchNorm;
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
