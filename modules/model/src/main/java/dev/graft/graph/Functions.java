package dev.graft.graph;

import dev.graft.model.BadModelException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.NodeDef;

/** Which functions nodes refer to. */
public final class Functions {

  private Functions() {}

  /** Function {@code name} and those that it refers to, directly or through others, by name. */
  public static Map<String, FunctionDef> reachable(String name, Map<String, FunctionDef> library) {
    Map<String, FunctionDef> found = new LinkedHashMap<>();
    FunctionDef function = library.get(name);
    if (function != null) {
      GradientFunctions none = new GradientFunctions(FunctionDefLibrary.getDefaultInstance());
      found.put(name, function);
      found.putAll(reachable(function.getNodeDefList(), library, none));
    }
    return found;
  }

  /**
   * Those of {@code library} that {@code nodes} refer to, directly, as gradients, or through other
   * functions.
   */
  static Map<String, FunctionDef> reachable(
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
  static void requireNoCycle(Map<String, FunctionDef> functions) {
    Map<String, Set<String>> holders = new HashMap<>(); // who holds this one
    Map<String, Integer> waiting = new LinkedHashMap<>(); // how many this one holds
    functions.forEach(
        (name, function) -> {
          Set<String> held = new HashSet<>();
          for (NodeDef node : function.getNodeDefList()) {
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
    Deque<String> ready = new ArrayDeque<>();
    waiting.forEach(
        (name, count) -> {
          if (count == 0) {
            ready.add(name);
          }
        });
    while (!ready.isEmpty()) {
      String done = ready.remove();
      waiting.remove(done);
      for (String holder : holders.getOrDefault(done, Set.of())) {
        if (waiting.merge(holder, -1, Integer::sum) == 0) {
          ready.add(holder);
        }
      }
    }
    if (!waiting.isEmpty()) {
      throw new BadModelException(
          "function '"
              + waiting.keySet().iterator().next()
              + "' of the model holds itself as a loop or branch; it is damaged.");
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
    if (attr.hasFunc()) {
      action.accept(attr.getFunc().getName());
    } else if (attr.hasList()) {
      attr.getList().getFuncList().forEach(f -> action.accept(f.getName()));
    }
  }
}
