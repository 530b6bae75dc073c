package dev.graft.graph;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
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
   * Calls {@code action} with each function name that {@code node} mentions, as its op or in an
   * attribute.
   */
  static void forEachReference(NodeDef node, Consumer<String> action) {
    action.accept(node.getOp());
    for (AttrValue attr : node.getAttrMap().values()) {
      if (attr.hasFunc()) {
        action.accept(attr.getFunc().getName());
      } else if (attr.hasList()) {
        attr.getList().getFuncList().forEach(f -> action.accept(f.getName()));
      }
    }
  }
}
