package dev.graft.graph;

import dev.graft.error.Internal;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/** Finds nodes inside TF1 loops, whose outputs cannot be read from outside. */
@Internal
public final class Loops {

  private Loops() {}

  /**
   * The nodes that run once for each step of a TF1 loop, from its Enter nodes to before its Exits.
   */
  public static Set<String> inside(Graph graph) {
    Deque<String> open = new ArrayDeque<>();
    for (NodeDef node : graph.nodes()) {
      if (node.getOp().equals("Enter") || node.getOp().equals("RefEnter")) {
        open.add(node.getName());
      }
    }
    Set<String> inside = new HashSet<>();
    while (!open.isEmpty()) {
      String name = open.pop();
      if (!graph.node(name).getOp().endsWith("Exit") && inside.add(name)) {
        open.addAll(graph.consumers(name));
      }
    }
    return inside;
  }
}
