package dev.graft.graph;

import dev.graft.error.BadModelException;
import dev.graft.graph.op.OpRegistry;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;

/** Which functions nodes refer to. */
public final class Functions {

  /** Functions within functions, far more than anybody writes. */
  public static final int MAX_DEPTH = 200;

  /**
   * Nodes of a graph with all its functions unfolded; the largest real ones have some hundred
   * thousand.
   */
  static final long MAX_UNFOLDED = 5_000_000;

  private Functions() {}

  /** Whether {@code node} calls the function that its attribute {@code f} names. */
  public static boolean isPartitionedCall(NodeDef node) {
    return node.getOp().equals("PartitionedCall") || node.getOp().equals("StatefulPartitionedCall");
  }

  /** Function {@code name} and those that it refers to, directly or through others, by name. */
  public static Map<String, FunctionDef> reachable(String name, Map<String, FunctionDef> library) {
    Map<String, FunctionDef> found = new LinkedHashMap<>();
    FunctionDef function = library.get(name);
    if (function != null) {
      found.put(name, function);
      found.putAll(reachable(function.getNodeDefList(), library));
    }
    return found;
  }

  /** Those of {@code library} that running {@code nodes} takes: gradients not among them. */
  public static Map<String, FunctionDef> reachable(
      Collection<NodeDef> nodes, Map<String, FunctionDef> library) {
    return reachable(
        nodes, library, new GradientFunctions(FunctionDefLibrary.getDefaultInstance()));
  }

  /**
   * Those of {@code library} that {@code nodes} refer to, directly, as gradients, or through other
   * functions.
   */
  public static Map<String, FunctionDef> reachable(
      Collection<NodeDef> nodes, Map<String, FunctionDef> library, GradientFunctions gradients) {
    Map<String, FunctionDef> found = new LinkedHashMap<>();
    Deque<NodeDef> open = new ArrayDeque<>(nodes);
    while (!open.isEmpty()) {
      NodeDef node = open.pop();
      Consumer<String> visit =
          name -> {
            FunctionDef function = library.get(name);
            if (function != null && found.put(name, function) == null) {
              open.addAll(function.getNodeDefList());
            }
          };
      forEachReference(node, visit);
      String gradient = gradients.of(node);
      if (gradient != null) {
        visit.accept(gradient);
      }
    }
    return found;
  }

  /**
   * Fails if a function holds itself as a loop body or branch, directly or through others: running
   * it would have no end. Gradients, whose attributes begin with an underscore, may name the
   * function whose gradient they are.
   */
  public static void requireNoCycle(Map<String, FunctionDef> functions) {
    Set<String> endless = Nesting.of(functions, false).endless();
    if (!endless.isEmpty()) {
      throw new BadModelException(
          "function '"
              + endless.iterator().next()
              + "' of the model holds itself as a loop or branch; it is damaged.");
    }
  }

  /**
   * Fails if {@code graph}'s functions hold or call others in so many levels that whoever follows
   * them would run out of stack, or so often that whoever unfolds them, as TensorFlow does, would
   * have no end.
   */
  public static void requireShallow(Graph graph) {
    for (String name : graph.functions().keySet()) {
      if (OpRegistry.standard().find(name).isPresent()) {
        throw new BadModelException(
            "the model has a function called '"
                + name
                + "', which is an op of TensorFlow's; it is damaged.");
      }
    }
    Nesting nesting = Nesting.of(graph.functions(), true);
    if (nesting.depth() > MAX_DEPTH || nesting.endless().size() > MAX_DEPTH) {
      throw new BadModelException(
          "the model's functions hold and call each other more than "
              + MAX_DEPTH
              + " deep; it is damaged or made to exhaust memory.");
    }
    long unfolded = Nesting.unfolded(graph.nodes(), nesting.sizes());
    if (unfolded > MAX_UNFOLDED) {
      throw new BadModelException(
          "the model's functions unfold to more than "
              + MAX_UNFOLDED
              + " nodes; it is damaged or made to exhaust memory.");
    }
  }

  /**
   * How functions lie in each other.
   *
   * @param endless those that lie in themselves, and those that lie around them
   * @param depth how many of the others lie in each other at most
   * @param sizes how many nodes each of the others is, all that lies in it unfolded
   */
  private record Nesting(Set<String> endless, int depth, Map<String, Long> sizes) {

    /**
     * @param calls whether what is called counts, or only what is held as a value
     */
    static Nesting of(Map<String, FunctionDef> functions, boolean calls) {
      Map<String, Set<String>> holders = new HashMap<>(); // who holds this one
      Map<String, Integer> waiting = new LinkedHashMap<>(); // how many this one holds
      functions.forEach(
          (name, function) -> {
            Set<String> held = new HashSet<>();
            for (NodeDef node : function.getNodeDefList()) {
              if (calls) {
                held.add(node.getOp());
              }
              node.getAttrMap()
                  .forEach(
                      (key, attr) -> {
                        if (!key.startsWith("_")) {
                          forEachReference(attr, held::add);
                        }
                      });
            }
            held.retainAll(functions.keySet());
            held.forEach(each -> holders.computeIfAbsent(each, k -> new HashSet<>()).add(name));
            waiting.put(name, held.size());
          });
      Map<String, Integer> depths = new HashMap<>();
      Deque<String> ready = new ArrayDeque<>();
      waiting.forEach(
          (name, count) -> {
            if (count == 0) {
              ready.add(name);
            }
          });
      int deepest = 0;
      Map<String, Long> sizes = new HashMap<>();
      while (!ready.isEmpty()) {
        String done = ready.remove();
        waiting.remove(done);
        int depth = depths.getOrDefault(done, 1);
        deepest = Math.max(deepest, depth);
        FunctionDef function = functions.get(done);
        if (function != null) {
          sizes.put(done, unfolded(function.getNodeDefList(), sizes));
        }
        for (String holder : holders.getOrDefault(done, Set.of())) {
          depths.merge(holder, depth + 1, Math::max);
          if (waiting.merge(holder, -1, Integer::sum) == 0) {
            ready.add(holder);
          }
        }
      }
      return new Nesting(waiting.keySet(), deepest, sizes);
    }

    /** How many nodes {@code nodes} are with what they run; never more than twice too many. */
    static long unfolded(Collection<NodeDef> nodes, Map<String, Long> sizes) {
      long[] sum = {nodes.size()};
      Consumer<String> add =
          name -> sum[0] = Math.min(2 * MAX_UNFOLDED, sum[0] + sizes.getOrDefault(name, 0L));
      for (NodeDef node : nodes) {
        add.accept(node.getOp());
        node.getAttrMap()
            .forEach(
                (key, attr) -> {
                  if (!key.startsWith("_")) {
                    forEachReference(attr, add);
                  }
                });
      }
      return sum[0];
    }
  }

  /**
   * Calls {@code action} with each function name that {@code node} mentions, as its op or in an
   * attribute.
   */
  static void forEachReference(NodeDef node, Consumer<String> action) {
    action.accept(node.getOp());
    node.getAttrMap().values().forEach(attr -> forEachReference(attr, action));
  }

  private static void forEachReference(AttrValue attr, Consumer<String> action) {
    List<NameAttrList> functions =
        attr.hasFunc() ? List.of(attr.getFunc()) : attr.getList().getFuncList();
    for (NameAttrList function : functions) {
      action.accept(function.getName());
      // TensorFlow runs what stands there, too, for some names
      function.getAttrMap().values().forEach(inner -> forEachReference(inner, action));
    }
  }
}
