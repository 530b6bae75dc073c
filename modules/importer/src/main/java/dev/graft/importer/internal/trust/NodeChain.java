package dev.graft.importer.internal.trust;

import dev.graft.graph.Attrs;
import dev.graft.graph.Nodes;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.NodeDefOrBuilder;
import org.tensorflow.proto.TensorProto;

/** Nodes between a tensor and the op that is to read what they make of it. */
final class NodeChain {

  private final List<NodeDef> nodes = new ArrayList<>();
  private final NodeDefOrBuilder op;
  private final String name;
  private final String from;
  private final boolean inGraph;

  /**
   * Those for a tensor of {@code op}.
   *
   * @param name the last one's name; the others are called after it
   * @param from the tensor, as the op reads it
   * @param inGraph whether the op stands in a graph, not in a function
   */
  NodeChain(NodeDefOrBuilder op, String name, String from, boolean inGraph) {
    this.op = op;
    this.name = name;
    this.from = from;
    this.inGraph = inGraph;
  }

  /** The tensor at which it begins. */
  String from() {
    return from;
  }

  List<NodeDef> nodes() {
    return nodes;
  }

  /**
   * Begins a node.
   *
   * @param part what it is called after the chain's name; empty for the last one
   */
  NodeDef.Builder start(String part, String type) {
    return NodeDef.newBuilder()
        .setName(part.isEmpty() ? name : name + "/" + part)
        .setOp(type)
        .setDevice(op.getDevice());
  }

  /** Adds {@code node}; returns its {@code output} as an input of others. */
  String add(NodeDef.Builder node, String output) {
    nodes.add(node.build());
    return inGraph ? node.getName() : node.getName() + ":" + output + ":0";
  }

  /** Adds a constant; returns it as an input of others. */
  String constant(String part, TensorProto value) {
    NodeDef.Builder node =
        start(part, "Const")
            .putAttr("dtype", Attrs.of(value.getDtype()))
            .putAttr("value", Attrs.of(value));
    if (inGraph) {
      node.addInput("^" + Nodes.producer(from)); // in a loop a constant is of that loop only so
    }
    return add(node, "output");
  }
}
