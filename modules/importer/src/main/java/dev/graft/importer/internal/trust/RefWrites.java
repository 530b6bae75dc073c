package dev.graft.importer.internal.trust;

import dev.graft.graph.TensorRef;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/**
 * Writes into reference variables, as graphs of TensorFlow 1 have them. They change a tensor where
 * it lies, while other kernels read it that have checked it before: an index that was in range then
 * is not when it is used. Only what fills a variable that nothing else in the same run looks at
 * passes, as an initializer and a restore do.
 */
final class RefWrites {

  /** Those that fill a variable whole. */
  private static final String FILLS = "Assign";

  static final Set<String> OPS =
      Set.of(
          FILLS,
          "AssignAdd",
          "AssignSub",
          "CountUpTo",
          "ScatterAdd",
          "ScatterDiv",
          "ScatterMax",
          "ScatterMin",
          "ScatterMul",
          "ScatterNdAdd",
          "ScatterNdMax",
          "ScatterNdMin",
          "ScatterNdSub",
          "ScatterNdUpdate",
          "ScatterSub",
          "ScatterUpdate",
          "StridedSliceAssign");

  private static final Set<String> VARIABLES = Set.of("Variable", "VariableV2");

  private RefWrites() {}

  /**
   * Those of {@code running} that write what others may be reading.
   *
   * @param nodes the whole graph's, by name
   * @param once whether this runs before all else, and once: so it is with init and restore ops
   */
  static List<NodeDef> among(
      Collection<NodeDef> running, Map<String, NodeDef> nodes, boolean once) {
    List<NodeDef> writes = running.stream().filter(node -> OPS.contains(node.getOp())).toList();
    if (!once || writes.isEmpty()) {
      return writes;
    }
    Map<String, Integer> uses = new HashMap<>();
    for (NodeDef node : running) {
      for (String input : node.getInputList()) {
        NodeDef source = input.startsWith("^") ? null : nodes.get(TensorRef.parse(input).node());
        if (source != null && VARIABLES.contains(source.getOp())) {
          uses.merge(memory(source), 1, Integer::sum);
        }
      }
    }
    return writes.stream().filter(node -> !fillsAlone(node, nodes, uses)).toList();
  }

  private static boolean fillsAlone(
      NodeDef node, Map<String, NodeDef> nodes, Map<String, Integer> uses) {
    if (!node.getOp().equals(FILLS) || node.getInputCount() == 0) {
      return false;
    }
    NodeDef variable = nodes.get(TensorRef.parse(node.getInput(0)).node());
    return variable != null
        && VARIABLES.contains(variable.getOp())
        && uses.getOrDefault(memory(variable), 0) == 1;
  }

  /** Nodes of one container and shared name are one variable. */
  static String memory(NodeDef variable) {
    String shared = text(variable, "shared_name");
    return text(variable, "container") + '\n' + (shared.isEmpty() ? variable.getName() : shared);
  }

  private static String text(NodeDef node, String attr) {
    return node.getAttrOrDefault(attr, AttrValue.getDefaultInstance()).getS().toStringUtf8();
  }
}
