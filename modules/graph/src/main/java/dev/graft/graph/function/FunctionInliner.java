package dev.graft.graph.function;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadModelException;
import dev.graft.graph.Attrs;
import dev.graft.graph.Colocation;
import dev.graft.graph.Functions;
import dev.graft.graph.GradientFunctions;
import dev.graft.graph.Graph;
import dev.graft.graph.NodeCheck;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * Replaces every function call of a graph by the function's body, so that one flat graph remains.
 * Functions stay only where they are values: loop bodies, branches, the functions of datasets;
 * those are flattened inside.
 *
 * <p>Order is kept as TensorFlow keeps it: what waits for a call waits for everything that the body
 * does for its effect; what the call waits for comes before everything in the body.
 */
public final class FunctionInliner {

  /**
   * What unfolding may come to: nodes copied in all, for a small file and for each node of a larger
   * one. A real model comes to one or two for each; a small file can otherwise describe a graph
   * that fits in no memory.
   */
  static final int MAX_NODES = 200_000;

  private static final int MAX_NODES_EACH = 4;

  private static final long MAX_BYTES = Integer.MAX_VALUE; // of a graph that TensorFlow takes

  /** Functions unfolded in all, one with other attributes counting anew. */
  static final int MAX_FUNCTIONS = 50_000;

  /** A function, and what its open attributes are bound to. */
  private record Bound(String name, Map<String, AttrValue> attrs) {}

  private final Map<String, FunctionDef> library;
  private final Map<String, OpenAttrs> openAttrs = new HashMap<>();
  private final Map<Bound, FunctionGraph> flattened = new HashMap<>();
  private final Set<String> open = new LinkedHashSet<>();
  private final long mostNodes;
  private final Map<FunctionGraph, Long> sizes = new IdentityHashMap<>();
  private long copied;
  private long copiedBytes;

  private FunctionInliner(Map<String, FunctionDef> library, int nodes) {
    this.library = library;
    long all = nodes;
    for (FunctionDef function : library.values()) {
      all += function.getNodeDefCount();
    }
    this.mostNodes = MAX_NODES + MAX_NODES_EACH * all;
  }

  /**
   * {@code graph} with every call inlined. Nodes of a body are named after the call, {@code
   * call/node}, or {@code scope/node} where the call's own name only says that it is one ({@code
   * scope/StatefulPartitionedCall}); a number is added where that name is taken.
   */
  public static Graph flatten(Graph graph) {
    return flatten(graph, Set.of()).graph();
  }

  /**
   * {@code graph} with every call inlined.
   *
   * @param awaited calls at the top of the graph of which the caller wants to run all effects, not
   *     only those that a result needs: for these a {@code NoOp} with the call's name remains
   */
  public static Flattened flatten(Graph graph, Set<String> awaited) {
    FunctionInliner inliner = new FunctionInliner(graph.functions(), graph.size());
    FlatGraph flat = inliner.flattenGraph(graph, awaited);
    return new Flattened(inliner.withValues(flat.graph), flat);
  }

  /** A graph without calls, and what became of the tensors that calls gave. */
  public static final class Flattened {
    private final Graph graph;
    private final FlatGraph flat;

    private Flattened(Graph graph, FlatGraph flat) {
      this.graph = graph;
      this.flat = flat;
    }

    /** The flat graph. */
    public Graph graph() {
      return graph;
    }

    /** The tensor of the flat graph that holds what {@code tensor} held in the original. */
    public TensorRef of(TensorRef tensor) {
      return flat.resolve(tensor);
    }
  }

  /**
   * {@code function} with every call in it inlined.
   *
   * @param library the functions it may refer to
   */
  public static FunctionGraph flatten(FunctionDef function, Map<String, FunctionDef> library) {
    FunctionInliner inliner = new FunctionInliner(ImmutableMap.copyOf(library), 0);
    FunctionGraph flat = inliner.flattenFunction(function, Map.of());
    return flat.graph(inliner.withValues(flat.graph()));
  }

  /**
   * The function {@code name} of {@code library} with every call in it inlined.
   *
   * @param node what refers to it
   * @throws BadModelException if the library does not hold it
   */
  public static FunctionGraph flatten(NodeDef node, String name, Map<String, FunctionDef> library) {
    return flatten(held(node, "refers to", name, library), library);
  }

  private FunctionGraph flattenFunction(FunctionDef function, Map<String, AttrValue> callAttrs) {
    String name = function.getSignature().getName();
    Bound bound =
        new Bound(
            name, openAttrs.computeIfAbsent(name, k -> OpenAttrs.of(function)).among(callAttrs));
    FunctionGraph known = flattened.get(bound);
    if (known != null) {
      return known;
    }
    if (flattened.size() >= MAX_FUNCTIONS) {
      throw new BadModelException(
          "the model's functions unfold to more than "
              + MAX_FUNCTIONS
              + " others; it is damaged or made to exhaust memory.");
    }
    if (open.size() >= Functions.MAX_DEPTH) {
      throw new BadModelException(
          "the model's functions call each other more than "
              + Functions.MAX_DEPTH
              + " deep; it is damaged or made to exhaust memory.");
    }
    if (!open.add(name)) {
      throw new BadModelException(
          "function '"
              + name
              + "' calls itself ("
              + String.join(" > ", open)
              + " > "
              + name
              + "); such a model cannot be flattened.");
    }
    FunctionGraph raw = FunctionGraph.of(function, library, callAttrs);
    FlatGraph flat = flattenGraph(raw.graph(), Set.copyOf(raw.targets()));
    open.remove(name);
    ImmutableList<TensorRef> results =
        raw.results().stream().map(flat::resolve).collect(ImmutableList.toImmutableList());
    FunctionGraph result =
        new FunctionGraph(
            name,
            flat.graph,
            raw.arguments(),
            results,
            raw.resultNames(),
            raw.targets(),
            raw.attrs());
    flattened.put(bound, result);
    return result;
  }

  private FlatGraph flattenGraph(Graph graph, Set<String> targets) {
    FlatGraph flat = new FlatGraph(graph);
    Set<String> waitedFor = new HashSet<>(targets);
    for (NodeDef node : graph.nodes()) {
      waitedFor.addAll(Nodes.controlInputs(node));
    }
    for (NodeDef node : graph.nodes()) {
      NodeCheck.require(node, library);
      FunctionDef callee = callee(node);
      if (callee == null) {
        flat.nodes.put(node.getName(), node);
        continue;
      }
      FunctionGraph body = flattenFunction(callee, callAttrs(node));
      copied += body.graph().size();
      copiedBytes += sizes.computeIfAbsent(body, FunctionInliner::bytes);
      if (copiedBytes > MAX_BYTES) {
        throw new BadModelException(
            "the model's functions unfold to more than 2 GiB; it is damaged or made to exhaust"
                + " memory.");
      }
      if (copied > mostNodes) {
        throw new BadModelException(
            "the model's functions unfold to more than "
                + mostNodes
                + " nodes; it is damaged or made to exhaust memory.");
      }
      inline(node, body, waitedFor.contains(node.getName()), flat);
    }
    Map<String, NodeDef> resolved = new LinkedHashMap<>();
    flat.nodes.forEach((name, node) -> resolved.put(name, flat.resolve(node)));
    flat.graph = new Graph(resolved, library, graph.gradients(), graph.versions());
    return flat;
  }

  /** {@code graph} with only those functions that are values, each flattened inside. */
  private Graph withValues(Graph graph) {
    GradientFunctions gradients = graph.gradientFunctions();
    Map<String, FunctionDef> values = new LinkedHashMap<>();
    Map<String, FunctionDef> reachable = Functions.reachable(graph.nodes(), library, gradients);
    Functions.requireNoCycle(reachable);
    reachable.forEach((name, function) -> values.put(name, flattenValue(function)));
    Map<String, FunctionDef> used = Functions.reachable(graph.nodes(), values, gradients);
    return new Graph(graph.nodeMap(), used, graph.gradients(), graph.versions());
  }

  /** A function that stays a function, flattened inside. */
  private FunctionDef flattenValue(FunctionDef function) {
    boolean calls = function.getNodeDefList().stream().anyMatch(node -> callee(node) != null);
    boolean open = !OpenAttrs.of(function).names().isEmpty(); // who runs it gives the rest
    if (!calls || open) {
      return function;
    }
    return flattenFunction(function, Map.of()).toFunctionDef(function.getSignature().getName());
  }

  private static long bytes(FunctionGraph body) {
    return body.graph().nodes().stream().mapToLong(NodeDef::getSerializedSize).sum();
  }

  /** What a call gives the open attributes of its function: TensorFlow takes them from there. */
  private static Map<String, AttrValue> callAttrs(NodeDef call) {
    return Functions.isPartitionedCall(call)
        ? call.getAttrOrDefault("f", AttrValue.getDefaultInstance()).getFunc().getAttrMap()
        : call.getAttrMap();
  }

  private @Nullable FunctionDef callee(NodeDef node) {
    String op = node.getOp();
    if (Functions.isPartitionedCall(node)) {
      String name = node.getAttrOrDefault("f", AttrValue.getDefaultInstance()).getFunc().getName();
      return held(node, "calls", name, library);
    }
    return library.get(op);
  }

  private static FunctionDef held(
      NodeDef node, String does, String name, Map<String, FunctionDef> library) {
    FunctionDef function = library.get(name);
    if (function == null) {
      throw BadModelException.atNode(
          node.getName(),
          "node '"
              + node.getName()
              + "' "
              + does
              + " function '"
              + name
              + "', which the model does not hold; it is damaged.");
    }
    return function;
  }

  private static void inline(NodeDef call, FunctionGraph body, boolean waitedFor, FlatGraph flat) {
    List<TensorRef> given = Nodes.dataInputs(call);
    if (given.size() != body.arguments().size()) {
      throw BadModelException.atNode(
          call.getName(),
          "node '"
              + call.getName()
              + "' passes "
              + given.size()
              + " arguments to function '"
              + body.name()
              + "', which takes "
              + body.arguments().size()
              + "; the model is damaged.");
    }
    Map<String, TensorRef> bound = new HashMap<>();
    for (int i = 0; i < given.size(); i++) {
      bound.put(body.arguments().get(i), given.get(i));
    }
    Map<String, String> names = new HashMap<>(); // of the body's nodes, here
    for (NodeDef node : body.graph().nodes()) {
      if (!bound.containsKey(node.getName())) {
        names.put(node.getName(), flat.uniqueName(call, node.getName()));
      }
    }
    List<String> before = Nodes.controlInputs(call);
    for (NodeDef node : body.graph().nodes()) {
      if (bound.containsKey(node.getName())) {
        continue;
      }
      String name = names.getOrDefault(node.getName(), "");
      NodeDef.Builder copy = node.toBuilder().setName(name).clearInput();
      boolean first = true; // nothing else in the body comes before it
      List<String> control = new ArrayList<>();
      for (String input : node.getInputList()) {
        boolean isControl = Nodes.isControl(input);
        TensorRef read = TensorRef.parse(isControl ? input.substring(1) : input);
        TensorRef here = here(read, bound, names);
        first &= bound.containsKey(read.node());
        if (isControl) {
          control.add("^" + here.asInput()); // which output matters while it is a call's
        } else {
          copy.addInput(here.asInput());
        }
      }
      copy.addAllInput(control);
      if (first) {
        before.forEach(earlier -> copy.addInput("^" + earlier));
      }
      if (copy.getDevice().isEmpty()) {
        copy.setDevice(call.getDevice());
      }
      if (node.getOp().equals("Enter") || node.getOp().equals("RefEnter")) {
        // as TensorFlow does: the loops of two calls are two loops
        String frame = node.getAttrOrThrow("frame_name").getS().toStringUtf8();
        copy.putAttr("frame_name", Attrs.of(call.getName() + "/" + frame));
      }
      flat.nodes.put(name, Colocation.rename(copy.build(), names::get));
    }
    for (int i = 0; i < body.results().size(); i++) {
      flat.results.put(new TensorRef(call.getName(), i), here(body.results().get(i), bound, names));
    }
    if (waitedFor) {
      Set<String> awaited = new LinkedHashSet<>(before);
      body.targets()
          .forEach(target -> awaited.add(here(TensorRef.of(target), bound, names).asInput()));
      body.results().forEach(result -> awaited.add(here(result, bound, names).asInput()));
      NodeDef.Builder done =
          NodeDef.newBuilder().setName(call.getName()).setOp("NoOp").setDevice(call.getDevice());
      awaited.forEach(each -> done.addInput("^" + each));
      flat.nodes.put(call.getName(), done.build());
    }
  }

  /** What a body's {@code tensor} is where the body was put. */
  private static TensorRef here(
      TensorRef tensor, Map<String, TensorRef> bound, Map<String, String> names) {
    TensorRef argument = bound.get(tensor.node());
    if (argument != null) {
      return argument;
    }
    String name = names.get(tensor.node());
    if (name == null) {
      throw BadModelException.atNode(
          tensor.node(),
          "a function reads '" + tensor + "', which it does not hold; it is damaged.");
    }
    return new TensorRef(name, tensor.index());
  }
}
