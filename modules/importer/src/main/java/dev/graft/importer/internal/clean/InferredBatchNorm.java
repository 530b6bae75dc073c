package dev.graft.importer.internal.clean;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.model.Layer;
import dev.graft.model.SavedFunction;
import dev.graft.model.Variable;
import dev.graft.tensor.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * What BatchNorm does in training where the file does not hold it, as in a Keras 3 export: the
 * layer's own arithmetic with the mean and the variance of the batch in the place of the moving
 * ones, which move towards them as in Keras. The momentum is in no file; it is Keras' default.
 */
public final class InferredBatchNorm {

  private static final double MOMENTUM = 0.99;
  private static final double EPSILON = 1e-3;

  private static final ImmutableSet<String> ARITHMETIC =
      ImmutableSet.of(
          "VarHandleOp",
          "ReadVariableOp",
          "Const",
          "Add",
          "AddV2",
          "Sub",
          "Mul",
          "Neg",
          "Rsqrt",
          "Cast",
          "Identity",
          "NoOp");

  private final Graph graph;
  private final Map<String, Variable> variables = new HashMap<>();

  private InferredBatchNorm(Graph graph, Collection<Variable> variables) {
    this.graph = graph;
    variables.forEach(variable -> this.variables.put(variable.name(), variable));
  }

  /** {@code layers}, those that are a BatchNorm with what they do in training. */
  public static ImmutableList<Layer> in(
      Graph graph, List<Layer> layers, Collection<Variable> variables) {
    InferredBatchNorm inferred = new InferredBatchNorm(graph, variables);
    return layers.stream().map(inferred::with).collect(ImmutableList.toImmutableList());
  }

  private Layer with(Layer layer) {
    if (!layer.children().isEmpty()) {
      return layer.toBuilder().children(layer.children().stream().map(this::with).toList()).build();
    }
    Optional<Variable> mean = only(layer, Variable.Role.MOVING_MEAN);
    Optional<Variable> variance = only(layer, Variable.Role.MOVING_VARIANCE);
    int calls = layer.outputs().size();
    if (mean.isEmpty() || variance.isEmpty() || calls == 0 || layer.inputs().size() != calls) {
      return layer;
    }
    return training(layer, mean.get(), variance.get())
        .map(
            function ->
                layer.toBuilder()
                    .training(function)
                    .behaviour(
                        new Layer.Behaviour.BatchNorm(
                            MOMENTUM, EPSILON, mean.get().name(), variance.get().name()))
                    .build())
        .orElse(layer);
  }

  private Optional<Variable> only(Layer layer, Variable.Role role) {
    List<Variable> found =
        layer.variables().stream()
            .flatMap(name -> Optional.ofNullable(variables.get(name)).stream())
            .filter(variable -> variable.role() == role)
            .toList();
    return found.size() == 1 ? Optional.of(found.get(0)) : Optional.empty();
  }

  /** Empty where the layer computes otherwise than Keras 3 does, along the last axis. */
  private Optional<SavedFunction> training(Layer layer, Variable mean, Variable variance) {
    TensorRef x = layer.inputs().get(0);
    Set<String> nodes = between(x, layer.outputs().get(0));
    Map<String, String> handles = new LinkedHashMap<>(); // of variables, and what they are inside
    for (String name : nodes) {
      if (graph.node(name).getOp().equals("VarHandleOp")) {
        handles.put(name, "handle_" + handles.size());
      }
    }
    String meanHandle = handles.get(mean.node());
    String varianceHandle = handles.get(variance.node());
    if (meanHandle == null || varianceHandle == null || !isPlain(nodes)) {
      return Optional.empty();
    }
    GraphEditor body = Graph.empty().edit();
    TensorRef input = body.placeholder("x", graph.dtype(x), Shape.unknown());
    handles.forEach((node, name) -> body.placeholder(name, DataType.DT_RESOURCE, Shape.scalar()));
    for (String name : nodes) {
      if (!handles.containsKey(name)) {
        body.add(inside(graph.node(name), x, input, handles));
      }
    }
    Scope g = new Scope(body, "training");
    TensorRef axes =
        g.add("Range", g.scalar(0), g.add("Sub", g.add("Rank", input), g.scalar(1)), g.scalar(1));
    TensorRef values = g.cast(input, mean.dtype().proto());
    TensorRef center = g.op("Mean").input(values).input(axes).attr("keep_dims", true).output();
    TensorRef spread = g.add("Mean", g.add("SquaredDifference", values, center), axes);
    TensorRef flat = g.add("Reshape", center, g.ints(-1));
    List<String> targets = new ArrayList<>();
    targets.add(move(g, TensorRef.of(meanHandle), flat));
    targets.add(move(g, TensorRef.of(varianceHandle), spread));
    ImmutableList.Builder<String> arguments = ImmutableList.builder();
    arguments.add(input.node()).addAll(handles.values());
    FunctionGraph function =
        new FunctionGraph(
            layer.name().replaceAll("[^A-Za-z0-9_]", "_") + "_in_training",
            body.build(),
            arguments.build(),
            ImmutableList.of(layer.outputs().get(0)),
            ImmutableList.of("output_0"),
            ImmutableList.copyOf(targets),
            ImmutableMap.of());
    return Optional.of(
        new SavedFunction(
            function,
            handles.keySet().stream().map(TensorRef::of).collect(ImmutableList.toImmutableList())));
  }

  /** Has what is computed read {@code batch}, and the variable move a step towards it. */
  private static String move(Scope g, TensorRef handle, TensorRef batch) {
    DataType dtype = g.editor().dtype(batch);
    for (NodeDef node : g.editor().nodes()) {
      if (node.getOp().equals("ReadVariableOp") && Nodes.dataInput(node, 0).equals(handle)) {
        g.editor().redirect(TensorRef.of(node.getName()), batch);
      }
    }
    TensorRef now = g.op("ReadVariableOp").input(handle).attr("dtype", dtype).output();
    TensorRef way = g.add("Sub", now, batch);
    TensorRef step = g.add("Mul", way, g.scalarLike(way, 1 - MOMENTUM));
    return g.op("AssignSubVariableOp").input(handle).input(step).node();
  }

  /** What {@code output} is computed of, {@code x} left out. */
  private Set<String> between(TensorRef x, TensorRef output) {
    Set<String> found = new LinkedHashSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(output.node()));
    while (!open.isEmpty()) {
      String name = open.pop();
      if (!name.equals(x.node()) && found.add(name)) {
        graph.node(name).getInputList().forEach(in -> open.push(Nodes.producer(in)));
      }
    }
    return found;
  }

  /** Whether that is all there is: other axes reshape the statistics, other layers do more. */
  private boolean isPlain(Set<String> nodes) {
    return nodes.stream().allMatch(node -> ARITHMETIC.contains(graph.node(node).getOp()));
  }

  private static NodeDef inside(
      NodeDef node, TensorRef x, TensorRef input, Map<String, String> handles) {
    NodeDef.Builder copy = node.toBuilder().clearInput().removeAttr("_class");
    for (String each : node.getInputList()) {
      String producer = Nodes.producer(each);
      String handle = handles.get(producer);
      if (Nodes.isControl(each)) {
        copy.addInput(producer.equals(x.node()) ? "^" + input.node() : each);
      } else if (handle != null) {
        copy.addInput(handle);
      } else {
        copy.addInput(TensorRef.parse(each).equals(x) ? input.asInput() : each);
      }
    }
    return copy.build();
  }
}
