package dev.graft.importer.internal.trust;

import dev.graft.graph.Names;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.NodeDefOrBuilder;

/** Where nodes are put before those of one op: in a graph, or in one of its functions. */
final class AddedNodes {

  private final boolean inGraph;
  private final Consumer<NodeDef> addition;
  private final Map<String, NodeDef> known = new HashMap<>();

  private AddedNodes(boolean inGraph, Consumer<NodeDef> addition) {
    this.inGraph = inGraph;
    this.addition = addition;
  }

  /** Returns {@code graph} after {@code change} of each node of {@code op}, functions included. */
  static GraphDef in(GraphDef graph, String op, BiConsumer<NodeDef.Builder, AddedNodes> change) {
    GraphDef.Builder changed = graph.toBuilder();
    new AddedNodes(true, changed::addNode).change(changed.getNodeBuilderList(), op, change);
    for (FunctionDef.Builder each : changed.getLibraryBuilder().getFunctionBuilderList()) {
      new AddedNodes(false, each::addNodeDef).change(each.getNodeDefBuilderList(), op, change);
    }
    return changed.build();
  }

  private void change(
      List<NodeDef.Builder> nodes, String op, BiConsumer<NodeDef.Builder, AddedNodes> change) {
    List<NodeDef.Builder> found = nodes.stream().filter(node -> node.getOp().equals(op)).toList();
    if (!found.isEmpty()) {
      nodes.forEach(node -> known.put(node.getName(), node.build()));
    }
    found.forEach(node -> change.accept(node, this));
  }

  /** The node called {@code name}, if there is one. */
  @Nullable NodeDef find(String name) {
    return known.get(name);
  }

  /** A chain before {@code op} whose last node is called {@code name}, or nearly so. */
  NodeChain chain(NodeDefOrBuilder op, String name, String from) {
    return named(op, Names.free(name, known::containsKey), from);
  }

  /** A chain before {@code op} whose last node is called {@code name}. */
  NodeChain named(NodeDefOrBuilder op, String name, String from) {
    return new NodeChain(op, name, from, inGraph);
  }

  /** Adds the nodes of {@code chain}. */
  void add(NodeChain chain) {
    for (NodeDef node : chain.nodes()) {
      known.put(node.getName(), node);
      addition.accept(node);
    }
  }

  /**
   * Whether the nodes of {@code chain} are there, to the letter, as in a model that Graft wrote.
   */
  boolean has(NodeChain chain) {
    return chain.nodes().stream().allMatch(each -> each.equals(known.get(each.getName())));
  }
}
