package dev.graft.graph.device;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.graph.Functions;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;

/**
 * The nodes of a graph with the bodies of its loops, branches and calls in the place of these, and
 * what touches the same variable in one group.
 */
final class UnfoldedGraph {

  private static final ImmutableSet<String> LOOPS = ImmutableSet.of("While", "StatelessWhile");
  private static final ImmutableSet<String> BRANCHES =
      ImmutableSet.of("If", "StatelessIf", "Case", "StatelessCase"); // the first input chooses

  private final ImmutableList.Builder<PlacedNode> all = ImmutableList.builder();
  private final Map<String, FunctionDef> library;

  private UnfoldedGraph(Map<String, FunctionDef> library) {
    this.library = library;
  }

  /** Unfolds {@code graph}, of which {@code run} are asked about. */
  static ImmutableList<PlacedNode> of(Graph graph, Set<String> run) {
    UnfoldedGraph unfolded = new UnfoldedGraph(graph.functions());
    unfolded.add(new Level(graph, "", run, false, ImmutableMap.of()));
    return unfolded.all.build();
  }

  /**
   * A graph, or the body of a function where it is called.
   *
   * @param prefix of the paths of its nodes
   * @param run its nodes that are asked about
   * @param onCpu whether the caller names the CPU
   * @param arguments what makes the resource that an argument is, by the argument's name; of other
   *     arguments nothing
   */
  private record Level(
      Graph graph,
      String prefix,
      Set<String> run,
      boolean onCpu,
      Map<String, ImmutableList<PlacedNode>> arguments) {}

  private void add(Level level) {
    Map<String, PlacedNode> own = new HashMap<>();
    List<NodeDef> calls = new ArrayList<>();
    for (NodeDef node : level.graph.nodes()) {
      if (level.arguments.containsKey(node.getName())) {
        continue;
      }
      if (functions(node).isEmpty()) {
        String name = node.getName();
        boolean onCpu = level.onCpu || node.getDevice().contains("CPU");
        PlacedNode placed =
            new PlacedNode(level.prefix + name, node, level.run.contains(name), onCpu);
        own.put(name, placed);
        all.add(placed);
      } else {
        calls.add(node);
      }
    }
    own.values().forEach(placed -> group(level, own, placed));
    calls.forEach(call -> unfold(level, own, call));
  }

  /** Puts a node in one group with what makes the resources that it reads. */
  private void group(Level level, Map<String, PlacedNode> own, PlacedNode placed) {
    for (TensorRef input : Nodes.dataInputs(placed.node())) {
      PlacedNode origin = origin(level, own, input);
      if (origin != null) {
        origin.join(placed);
      }
    }
  }

  /** The node that makes the resource {@code tensor}; null for what is no resource. */
  private @Nullable PlacedNode origin(Level level, Map<String, PlacedNode> own, TensorRef tensor) {
    ImmutableList<PlacedNode> given = level.arguments.get(tensor.node());
    if (given != null) {
      return given.isEmpty() ? null : given.get(0);
    }
    if (level.graph.dtype(tensor) != DataType.DT_RESOURCE) {
      return null;
    }
    NodeDef producer = level.graph.node(tensor.node());
    return LOOPS.contains(producer.getOp()) // which hands it through
        ? origin(level, own, Nodes.dataInput(producer, tensor.index()))
        : own.get(tensor.node());
  }

  private void unfold(Level level, Map<String, PlacedNode> own, NodeDef call) {
    List<TensorRef> inputs = Nodes.dataInputs(call);
    List<TensorRef> handed =
        BRANCHES.contains(call.getOp()) ? inputs.subList(1, inputs.size()) : inputs;
    for (FunctionDef function : functions(call)) {
      FunctionGraph body = FunctionGraph.of(function, library);
      ImmutableMap.Builder<String, ImmutableList<PlacedNode>> arguments = ImmutableMap.builder();
      for (int i = 0; i < body.arguments().size(); i++) {
        PlacedNode origin = i < handed.size() ? origin(level, own, handed.get(i)) : null;
        arguments.put(
            body.arguments().get(i),
            origin == null ? ImmutableList.of() : ImmutableList.of(origin));
      }
      add(
          new Level(
              body.graph(),
              level.prefix + call.getName() + " > ",
              level.run.contains(call.getName()) ? body.graph().nodeMap().keySet() : Set.of(),
              level.onCpu || call.getDevice().contains("CPU"),
              arguments.buildOrThrow()));
    }
  }

  /** The functions that stand in the place of {@code node}; none for an op with a kernel. */
  private List<FunctionDef> functions(NodeDef node) {
    FunctionDef called = library.get(node.getOp());
    if (called != null) {
      return List.of(called);
    }
    boolean isCall = Functions.isPartitionedCall(node);
    if (!isCall && !LOOPS.contains(node.getOp()) && !BRANCHES.contains(node.getOp())) {
      return List.of();
    }
    Set<String> names = new HashSet<>();
    return node.getAttrMap().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .filter(attr -> !attr.getKey().startsWith("_"))
        .flatMap(attr -> named(attr.getValue()))
        .filter(names::add)
        .flatMap(name -> Optional.ofNullable(library.get(name)).stream())
        .toList();
  }

  private static Stream<String> named(AttrValue value) {
    return value.hasFunc()
        ? Stream.of(value.getFunc().getName())
        : value.getList().getFuncList().stream().map(NameAttrList::getName);
  }
}
