package dev.graft.importer.internal.weights;

import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/**
 * Variables to which TF1 gave several handles: nodes with one {@code shared_name} stand for one
 * value. One of them stays; what reads another reads it.
 *
 * @param graph the graph with one handle for each value
 * @param others the nodes that are no variables of their own
 */
public record SharedHandles(Graph graph, Set<String> others) {

  /**
   * One handle for each value.
   *
   * @param listed those that the file restores, which stay before others
   */
  public static SharedHandles joined(Graph graph, Set<String> listed) {
    Map<String, List<String>> byName = new LinkedHashMap<>();
    for (NodeDef node : graph.nodes()) {
      String name = node.getOp().equals("VarHandleOp") ? text(node, "shared_name") : "";
      if (!name.isEmpty()) {
        byName
            .computeIfAbsent(text(node, "container") + "\n" + name, k -> new ArrayList<>())
            .add(node.getName());
      }
    }
    Set<String> others = new HashSet<>();
    GraphEditor editor = graph.edit();
    for (List<String> handles : byName.values()) {
      String kept = handles.stream().filter(listed::contains).findFirst().orElse(handles.get(0));
      for (String other : handles) {
        if (!other.equals(kept)) {
          others.add(other);
          editor.redirect(TensorRef.of(other), TensorRef.of(kept));
        }
      }
    }
    return new SharedHandles(others.isEmpty() ? graph : editor.build(), others);
  }

  private static String text(NodeDef node, String attribute) {
    return node.getAttrOrDefault(attribute, AttrValue.getDefaultInstance()).getS().toStringUtf8();
  }
}
