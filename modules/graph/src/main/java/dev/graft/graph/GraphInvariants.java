package dev.graft.graph;

import dev.graft.error.BadModelException;
import dev.graft.graph.op.OpRegistry;
import java.util.List;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** What must hold of every graph that leaves a {@link GraphEditor}. */
final class GraphInvariants {

  private GraphInvariants() {}

  static void check(Graph graph) {
    graph.topological(); // every input exists, no cycle
    for (NodeDef node : graph.nodes()) {
      if (!graph.functions().containsKey(node.getOp())) {
        checkTypes(graph, node);
      }
    }
  }

  private static void checkTypes(Graph graph, NodeDef node) {
    List<DataType> wanted = OpRegistry.standard().inputTypes(node);
    List<TensorRef> inputs = Nodes.dataInputs(node);
    if (wanted.size() != inputs.size()) {
      throw BadModelException.atNode(
          node.getName(),
          "node '"
              + node.getName()
              + "' ("
              + node.getOp()
              + ") takes "
              + wanted.size()
              + " inputs but has "
              + inputs.size()
              + ".");
    }
    for (int i = 0; i < inputs.size(); i++) {
      DataType given = graph.dtype(inputs.get(i));
      if (given != wanted.get(i)) {
        throw BadModelException.atNode(
            node.getName(),
            "input "
                + i
                + " of node '"
                + node.getName()
                + "' ("
                + node.getOp()
                + ") takes "
                + wanted.get(i)
                + " but '"
                + inputs.get(i)
                + "' is "
                + given
                + ".");
      }
    }
  }
}
