package dev.graft.exporter;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ImmutableSortedMap;
import com.google.common.collect.Ordering;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * A signature as a function of TensorFlow 2, as Python's loader wants it: first the inputs, then
 * what the function captures (variables and tables, which live outside it). Inputs and outputs are
 * in alphabetical order, since Python flattens dictionaries that way.
 *
 * @param signature the signature's name
 * @param def the function
 * @param inputs the signature's inputs
 * @param outputs the signature's outputs
 * @param captures the nodes whose first output the remaining arguments are bound to
 * @param library the functions that it refers to
 */
record SignatureFunction(
    String signature,
    FunctionDef def,
    ImmutableSortedMap<String, TensorSpec> inputs,
    ImmutableSortedMap<String, TensorSpec> outputs,
    ImmutableList<String> captures,
    ImmutableMap<String, FunctionDef> library) {

  private static final ImmutableSet<String> TABLES =
      ImmutableSet.of("HashTableV2", "MutableHashTableV2", "MutableDenseHashTableV2");

  /** The signature's part of {@code graph} as a function called {@code name}. */
  static SignatureFunction of(
      Graph graph, Signature signature, String name, Predicate<NodeDef> captured) {
    ImmutableSortedMap<String, TensorSpec> inputs =
        ImmutableSortedMap.copyOf(signature.inputs(), Ordering.natural());
    ImmutableSortedMap<String, TensorSpec> outputs =
        ImmutableSortedMap.copyOf(signature.outputs(), Ordering.natural());
    GraphEditor editor = graph.edit();
    List<String> arguments = new ArrayList<>();
    Map<TensorRef, TensorRef> bound = new HashMap<>();
    for (TensorSpec input : inputs.values()) {
      TensorRef argument = editor.placeholder("input", input.dtype().proto(), input.shape());
      editor.redirect(input.tensor(), argument);
      bound.put(input.tensor(), argument);
      arguments.add(argument.node());
    }
    List<TensorRef> results =
        outputs.values().stream()
            .map(spec -> bound.getOrDefault(spec.tensor(), spec.tensor()))
            .toList();
    FunctionGraph function =
        function(name, editor.build(), new Ends(arguments, results, List.of()), captured);
    ImmutableList<String> captures =
        function.arguments().subList(arguments.size(), function.arguments().size());
    return new SignatureFunction(
        signature.name(),
        function.toFunctionDef(name),
        inputs,
        outputs,
        captures,
        ImmutableMap.copyOf(function.graph().functions()));
  }

  /**
   * Where a function begins and ends in a graph.
   *
   * @param arguments nodes that it takes
   * @param results tensors that it gives
   * @param targets nodes that run besides
   */
  record Ends(List<String> arguments, List<TensorRef> results, List<String> targets) {}

  /**
   * The part of {@code graph} that the results and targets need, as a function in which the
   * arguments, and after them the nodes that are {@code captured}, are arguments.
   */
  static FunctionGraph function(String name, Graph graph, Ends ends, Predicate<NodeDef> captured) {
    List<String> arguments = ends.arguments();
    List<TensorRef> results = ends.results();
    Set<String> roots = new LinkedHashSet<>(arguments);
    results.forEach(result -> roots.add(result.node()));
    roots.addAll(ends.targets());
    GraphEditor editor = graph.keepUpstreamOf(roots).edit();
    ImmutableList.Builder<String> all = ImmutableList.<String>builder().addAll(arguments);
    for (NodeDef node : editor.nodes()) {
      if (captured.test(node)) {
        editor.replace(argument(node.getName()));
        all.add(node.getName());
      } else if (node.containsAttr("_class")) { // what it is colocated with may be outside
        editor.replace(node.toBuilder().removeAttr("_class").build());
      }
    }
    ImmutableList.Builder<String> resultNames = ImmutableList.builder();
    for (int i = 0; i < results.size(); i++) {
      resultNames.add("output_" + i);
    }
    return new FunctionGraph(
        name,
        editor.build(),
        all.build(),
        ImmutableList.copyOf(results),
        resultNames.build(),
        ImmutableList.copyOf(ends.targets()),
        ImmutableMap.of());
  }

  /** Tells the nodes of {@code model} that make what outlives a call: variables and tables. */
  static Predicate<NodeDef> captured(Model model) {
    Set<String> variables =
        model.variables().stream().map(Variable::node).collect(Collectors.toSet());
    return node -> variables.contains(node.getName()) || isTable(node);
  }

  static boolean isTable(NodeDef node) {
    return TABLES.contains(node.getOp());
  }

  /** A scalar, but ResourceGatherNd's shape function stumbles if it is told so. */
  private static NodeDef argument(String name) {
    return NodeDef.newBuilder()
        .setName(name)
        .setOp("Placeholder")
        .putAttr("dtype", Attrs.of(DataType.DT_RESOURCE))
        .build();
  }
}
