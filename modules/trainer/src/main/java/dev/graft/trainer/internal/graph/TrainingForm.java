package dev.graft.trainer.internal.graph;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.SavedFunction;
import dev.graft.model.TrainingCall;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.tensorflow.proto.NodeDef;

/**
 * A graph in which some layers are there a second time, as they are in training, with all that
 * comes after them: dropout drops, BatchNorm normalises by the batch. What was there before stays
 * as it is, for scoring. Both read the same variables.
 *
 * @param graph the graph with both
 * @param tensors what has a twin in training, with that twin
 * @param penalties scalars to add to the loss: on activities of these layers, on weights
 * @param targets nodes to run in each step: they move the statistics of BatchNorm
 * @param moved the nodes of the variables that these change
 * @param random the added nodes that draw random numbers
 */
public record TrainingForm(
    Graph graph,
    ImmutableMap<TensorRef, TensorRef> tensors,
    ImmutableList<TensorRef> penalties,
    ImmutableList<String> targets,
    ImmutableSet<String> moved,
    ImmutableSet<String> random) {

  /**
   * Adds the layers' behaviour in training.
   *
   * @param graph the model's graph, maybe with more in it
   * @param fed its tensors that are fed
   * @param layers those that behave as in training; each has its own training function
   * @param needed the tensors that a step of training needs
   * @param penalties whether those that the model was saved with are added, as Keras does
   */
  public static TrainingForm of(
      Model model,
      Graph graph,
      Collection<TensorRef> fed,
      Collection<Layer> layers,
      Collection<TensorRef> needed,
      boolean penalties) {
    return new Builder(graph, fed, needed, penalties).build(layers, model.penalties());
  }

  /** What {@code tensor} is in training. */
  public TensorRef of(TensorRef tensor) {
    return tensors.getOrDefault(tensor, tensor);
  }

  private static final class Builder {
    private final Graph before;
    private final GraphEditor editor;
    private final Set<String> needed;
    private final boolean savedPenalties;
    private final Map<String, Integer> positions = new HashMap<>();
    private final Map<String, String> twins = new LinkedHashMap<>(); // nodes after those layers
    private final Map<TensorRef, TensorRef> replaced = new HashMap<>(); // outputs of those layers
    private final ImmutableList.Builder<TensorRef> penalties = ImmutableList.builder();
    private final List<String> targets = new ArrayList<>();
    private final Set<String> moved = new LinkedHashSet<>();

    Builder(
        Graph before,
        Collection<TensorRef> fed,
        Collection<TensorRef> needed,
        boolean savedPenalties) {
      this.savedPenalties = savedPenalties;
      this.before = before;
      this.editor = before.edit();
      this.needed =
          before.upstream(
              needed.stream().map(TensorRef::node).toList(),
              fed.stream().map(TensorRef::node).collect(Collectors.toSet()));
      before.topological().forEach(node -> positions.put(node.getName(), positions.size()));
    }

    TrainingForm build(Collection<Layer> layers, List<SavedFunction> ofWeights) {
      List<TrainingCall> calls = new ArrayList<>();
      layers.forEach(layer -> calls.addAll(TrainingCall.of(layer)));
      calls.sort(Comparator.comparingInt(this::position));
      Set<String> after = new HashSet<>(); // what reads the outputs of these calls
      for (TrainingCall call : calls) {
        call.results().keySet().forEach(output -> after.addAll(before.consumers(output.node())));
      }
      needed.stream().filter(n -> draws(before.node(n))).forEach(after::add);
      for (String node : before.downstream(after)) {
        if (needed.contains(node)) {
          twins.put(node, editor.uniqueName("graft/training/" + node));
        }
      }
      Map<SavedFunction, List<String>> earlier = new HashMap<>();
      calls.forEach(call -> add(call, earlier));
      twins.forEach((node, twin) -> editor.add(twin(before.node(node), twin)));
      for (SavedFunction penalty : ofWeights) {
        if (savedPenalties
            && penalty.captures().stream().allMatch(t -> before.contains(t.node()))) {
          penalties.add(splice(penalty, List.of()).of(penalty.body().results().get(0)));
        }
      }
      ImmutableMap.Builder<TensorRef, TensorRef> tensors = ImmutableMap.builder();
      tensors.putAll(replaced);
      for (String node : twins.keySet()) {
        for (int i = 0; i < before.outputTypes(node).size(); i++) {
          TensorRef tensor = new TensorRef(node, i);
          if (!replaced.containsKey(tensor)) {
            tensors.put(tensor, now(tensor));
          }
        }
      }
      ImmutableSet<String> random =
          editor.nodes().stream()
              .filter(this::draws)
              .map(NodeDef::getName)
              .filter(name -> !before.contains(name))
              .collect(ImmutableSet.toImmutableSet());
      return new TrainingForm(
          editor.build(),
          tensors.buildOrThrow(),
          penalties.build(),
          ImmutableList.copyOf(targets),
          ImmutableSet.copyOf(moved),
          random);
    }

    private boolean draws(NodeDef node) {
      return StatelessRandom.isStateful(node, editor.functions());
    }

    /** Where a call gives nothing but penalties, it comes when all that it may read is there. */
    private int position(TrainingCall call) {
      return call.results().keySet().stream()
          .mapToInt(output -> positions.getOrDefault(output.node(), 0))
          .max()
          .orElse(Integer.MAX_VALUE);
    }

    /** What {@code tensor} is in training. */
    private TensorRef now(TensorRef tensor) {
      TensorRef result = replaced.get(tensor);
      if (result != null) {
        return result;
      }
      String twin = twins.get(tensor.node());
      return twin == null ? tensor : new TensorRef(twin, tensor.index());
    }

    private void add(TrainingCall call, Map<SavedFunction, List<String>> earlier) {
      SavedFunction function = call.function();
      GraphEditor.Splice splice = splice(function, call.inputs());
      List<String> waitFor = earlier.computeIfAbsent(function, k -> new ArrayList<>());
      Set<String> toRun = new LinkedHashSet<>();
      for (NodeDef node : function.body().graph().nodes()) {
        if (node.getOp().equals("Identity")) {
          toRun.addAll(waitForNothing(splice.node(node.getName())));
        }
        if (node.getOp().equals("ReadVariableOp")) { // what one call moves, the next one reads
          NodeDef.Builder waiting = editor.node(splice.node(node.getName())).toBuilder();
          waitFor.forEach(target -> waiting.addInput("^" + target));
          editor.replace(waiting.build());
        }
        if (node.getOp().startsWith("Assign")) {
          moved.add(splice.of(Nodes.dataInput(node, 0)).node());
        }
      }
      call.results().forEach((output, result) -> replaced.put(output, splice.of(result)));
      if (savedPenalties) {
        for (int i = 0; i < function.body().results().size(); i++) {
          if (function.body().resultNames().get(i).startsWith(SavedFunction.PENALTY)) {
            penalties.add(splice.of(function.body().results().get(i)));
          }
        }
      }
      function.body().targets().forEach(target -> toRun.add(splice.node(target)));
      waitFor.addAll(toRun);
      targets.addAll(toRun);
    }

    /**
     * A function hands its results on only after it has moved its variables; a step does that when
     * it knows its loss. Gives what the node waited for.
     */
    private List<String> waitForNothing(String identity) {
      NodeDef node = editor.node(identity);
      List<String> before = Nodes.controlInputs(node);
      if (!before.isEmpty()) {
        editor.replace(
            node.toBuilder().clearInput().addInput(Nodes.dataInput(node, 0).asInput()).build());
      }
      return before;
    }

    private GraphEditor.Splice splice(SavedFunction function, List<TensorRef> inputs) {
      Map<String, TensorRef> bound = function.bound(inputs.stream().map(this::now).toList());
      return editor.splice(function.body().graph(), "graft/training", bound);
    }

    private NodeDef twin(NodeDef node, String name) {
      NodeDef.Builder twin = node.toBuilder().setName(name).clearInput();
      for (String input : node.getInputList()) {
        twin.addInput(
            Nodes.isControl(input)
                ? "^" + twins.getOrDefault(input.substring(1), input.substring(1))
                : now(TensorRef.parse(input)).asInput());
      }
      return twin.build();
    }
  }
}
