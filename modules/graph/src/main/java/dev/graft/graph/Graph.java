package dev.graft.graph;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadModelException;
import dev.graft.error.Internal;
import dev.graft.graph.op.OpRegistry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.VersionDef;

/**
 * An immutable dataflow graph: TensorFlow's own {@link NodeDef}s by name, in file order, and the
 * functions that nodes refer to. Who consumes what is derived on first use and never stored twice.
 * To change a graph, {@link #edit()} it.
 */
@Internal
public final class Graph {

  private final ImmutableMap<String, NodeDef> nodes;
  private final ImmutableMap<String, FunctionDef> functions;
  private final FunctionDefLibrary
      gradients; // the library's registered gradients, functions left out
  private final GradientFunctions gradientFunctions;
  private final VersionDef versions;
  private volatile @Nullable Map<String, ImmutableList<String>> consumers;
  private final Map<String, List<DataType>> outputTypes = new ConcurrentHashMap<>();

  public Graph(
      Map<String, NodeDef> nodes,
      Map<String, FunctionDef> functions,
      FunctionDefLibrary gradients,
      VersionDef versions) {
    this.nodes = ImmutableMap.copyOf(nodes);
    this.functions = ImmutableMap.copyOf(functions);
    this.gradients = gradients;
    this.gradientFunctions = new GradientFunctions(gradients);
    this.versions = versions;
  }

  /** A graph without nodes. */
  public static Graph empty() {
    return of(GraphDef.newBuilder().setVersions(VersionDef.newBuilder().setProducer(1882)).build());
  }

  /** Reads TensorFlow's own form. Fails if two nodes share a name. */
  public static Graph of(GraphDef def) {
    Map<String, NodeDef> nodes = new LinkedHashMap<>();
    for (NodeDef node : def.getNodeList()) {
      if (nodes.put(node.getName(), node) != null) {
        throw BadModelException.atNode(
            node.getName(), "two nodes are called '" + node.getName() + "'; the graph is damaged.");
      }
    }
    Map<String, FunctionDef> functions = new LinkedHashMap<>();
    for (FunctionDef function : def.getLibrary().getFunctionList()) {
      functions.put(function.getSignature().getName(), function);
    }
    FunctionDefLibrary rest = def.getLibrary().toBuilder().clearFunction().build();
    return new Graph(nodes, functions, rest, def.getVersions());
  }

  /** TensorFlow's own form. */
  public GraphDef toGraphDef() {
    return GraphDef.newBuilder()
        .addAllNode(nodes.values())
        .setLibrary(gradients.toBuilder().addAllFunction(functions.values()))
        .setVersions(versions)
        .build();
  }

  /** An editor that starts from this graph. */
  public GraphEditor edit() {
    return new GraphEditor(this);
  }

  /** This graph and {@code more} nodes, unchecked: whoever follows them finds what is amiss. */
  public Graph plus(List<NodeDef> more) {
    return more.isEmpty() ? this : of(toGraphDef().toBuilder().addAllNode(more).build());
  }

  /** How many nodes the graph has. */
  public int size() {
    return nodes.size();
  }

  /** All nodes, in file order. */
  public Collection<NodeDef> nodes() {
    return nodes.values();
  }

  /** Whether there is a node called {@code name}. */
  public boolean contains(String name) {
    return nodes.containsKey(name);
  }

  /** The node called {@code name}; fails if there is none. */
  public NodeDef node(String name) {
    NodeDef node = nodes.get(name);
    if (node == null) {
      throw BadModelException.atNode(name, "the graph has no node '" + name + "'.");
    }
    return node;
  }

  /** The node called {@code name}, or null. */
  public @Nullable NodeDef find(String name) {
    return nodes.get(name);
  }

  /** The functions that nodes refer to (loop bodies, branches, what is not flattened), by name. */
  public Map<String, FunctionDef> functions() {
    return functions;
  }

  /** The versions the graph was produced with. */
  public VersionDef versions() {
    return versions;
  }

  public FunctionDefLibrary gradients() {
    return gradients;
  }

  public GradientFunctions gradientFunctions() {
    return gradientFunctions;
  }

  public Map<String, NodeDef> nodeMap() {
    return nodes;
  }

  /**
   * The names of the nodes that read an output of {@code node} or wait for it, each once, in file
   * order.
   */
  public List<String> consumers(String node) {
    Map<String, ImmutableList<String>> index = consumers;
    if (index == null) {
      index = indexConsumers();
      consumers = index;
    }
    return index.getOrDefault(node, ImmutableList.of());
  }

  private Map<String, ImmutableList<String>> indexConsumers() {
    Map<String, Set<String>> index = new HashMap<>();
    for (NodeDef node : nodes.values()) {
      for (String input : node.getInputList()) {
        index
            .computeIfAbsent(Nodes.producer(input), k -> new LinkedHashSet<>())
            .add(node.getName());
      }
    }
    Map<String, ImmutableList<String>> frozen = new HashMap<>();
    index.forEach((name, users) -> frozen.put(name, ImmutableList.copyOf(users)));
    return frozen;
  }

  /** The dtypes of the outputs of {@code node}, one for each output. */
  public List<DataType> outputTypes(String node) {
    return outputTypes.computeIfAbsent(node, n -> outputTypes(node(n), functions));
  }

  static List<DataType> outputTypes(NodeDef node, Map<String, FunctionDef> functions) {
    FunctionDef function = functions.get(node.getOp());
    return function == null
        ? OpRegistry.standard().outputTypes(node)
        : OpRegistry.outputTypes(node, function.getSignature());
  }

  /** The dtype of {@code tensor}. */
  public DataType dtype(TensorRef tensor) {
    List<DataType> types = outputTypes(tensor.node());
    if (tensor.index() >= types.size()) {
      throw BadModelException.atNode(
          tensor.node(),
          "node '"
              + tensor.node()
              + "' has "
              + types.size()
              + " outputs, but "
              + tensor
              + " is asked for.");
    }
    return types.get(tensor.index());
  }

  /**
   * The nodes that {@code roots} need, themselves included: everything upstream by data and control
   * edges.
   */
  public Set<String> upstream(Collection<String> roots) {
    return upstream(roots, Set.of());
  }

  /** As {@link #upstream(Collection)}, without {@code fed} and what only these need. */
  public Set<String> upstream(Collection<String> roots, Set<String> fed) {
    Set<String> seen = new LinkedHashSet<>();
    Deque<String> open = new ArrayDeque<>(roots);
    while (!open.isEmpty()) {
      String name = open.pop();
      if (!fed.contains(name) && seen.add(name)) {
        for (String input : node(name).getInputList()) {
          open.push(Nodes.producer(input));
        }
      }
    }
    return seen;
  }

  /** The nodes that {@code roots} influence by data edges, themselves included. */
  public Set<String> downstream(Collection<String> roots) {
    return downstream(roots, false);
  }

  /** The nodes that run after one of {@code roots}, by any edge, themselves included. */
  Set<String> after(Collection<String> roots) {
    return downstream(roots, true);
  }

  private Set<String> downstream(Collection<String> roots, boolean control) {
    Set<String> seen = new LinkedHashSet<>();
    Deque<String> open = new ArrayDeque<>(roots);
    while (!open.isEmpty()) {
      String name = open.pop();
      if (seen.add(name)) {
        for (String user : consumers(name)) {
          if (control || reads(node(user), name)) {
            open.push(user);
          }
        }
      }
    }
    return seen;
  }

  /** Whether {@code node} has a data input from {@code producer}; control inputs come last. */
  private static boolean reads(NodeDef node, String producer) {
    for (String input : node.getInputList()) {
      if (Nodes.isControl(input)) {
        return false;
      }
      if (input.startsWith(producer) && Nodes.producer(input).equals(producer)) {
        return true;
      }
    }
    return false;
  }

  /**
   * This graph with only the nodes that {@code roots} need, in file order, and the functions those
   * refer to.
   */
  public Graph keepUpstreamOf(Collection<String> roots) {
    Set<String> keep = upstream(roots);
    Map<String, NodeDef> kept = new LinkedHashMap<>();
    nodes.forEach(
        (name, node) -> {
          if (keep.contains(name)) {
            kept.put(name, node);
          }
        });
    return new Graph(
        kept,
        Functions.reachable(kept.values(), functions, gradientFunctions),
        gradients,
        versions);
  }

  /**
   * The nodes in an order in which each comes after all that it reads or waits for. The back edges
   * of TF1 loops (NextIteration to Merge) are left out of account. Fails on any other cycle.
   */
  public List<NodeDef> topological() {
    Map<String, Integer> waiting = new HashMap<>();
    Deque<NodeDef> ready = new ArrayDeque<>();
    for (NodeDef node : nodes.values()) {
      int inputs = countProducers(node);
      waiting.put(node.getName(), inputs);
      if (inputs == 0) {
        ready.add(node);
      }
    }
    List<NodeDef> order = new ArrayList<>(nodes.size());
    while (!ready.isEmpty()) {
      NodeDef node = ready.remove();
      order.add(node);
      for (String user : consumers(node.getName())) {
        NodeDef consumer = node(user);
        if (!isBackEdge(node, consumer) && waiting.merge(user, -1, Integer::sum) == 0) {
          ready.add(consumer);
        }
      }
    }
    if (order.size() < nodes.size()) {
      String stuck =
          nodes.keySet().stream()
              .filter(n -> waiting.getOrDefault(n, 0) > 0)
              .findFirst()
              .orElse("?");
      throw BadModelException.atNode(
          stuck,
          "the graph has a cycle through node '" + stuck + "' that is no loop of TensorFlow's.");
    }
    return order;
  }

  /** How many nodes {@code node} waits for; fails if one of them is not there. */
  private int countProducers(NodeDef node) {
    Set<String> producers = new HashSet<>();
    for (String input : node.getInputList()) {
      String producer = Nodes.producer(input);
      NodeDef from = nodes.get(producer);
      if (from == null) {
        throw BadModelException.atNode(
            node.getName(),
            "node '" + node.getName() + "' reads '" + input + "', which is not in the graph.");
      }
      if (!isBackEdge(from, node)) {
        producers.add(producer);
      }
    }
    return producers.size();
  }

  private static boolean isBackEdge(NodeDef from, NodeDef to) {
    return from.getOp().endsWith("NextIteration")
        && (to.getOp().equals("Merge") || to.getOp().equals("RefMerge"));
  }

  @Override
  public String toString() {
    return "Graph of " + nodes.size() + " nodes and " + functions.size() + " functions";
  }
}
