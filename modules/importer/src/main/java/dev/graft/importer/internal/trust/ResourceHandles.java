package dev.graft.importer.internal.trust;

import dev.graft.graph.op.OpRegistry;
import java.util.Set;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef.AttrDef;

/**
 * Handles of resources (variables, tables, iterators) are handed on as they are, and not computed
 * on. TensorFlow 2.18 takes the first handle of a tensor without asking whether it has one, so that
 * a tensor of no handles, as a split or {@code FakeParam} makes it, has it read an object out of
 * whatever lies there.
 */
final class ResourceHandles {

  /** They give each tensor on whole, or to functions that are judged themselves. */
  private static final Set<String> HAND_ON =
      Set.of(
          "Identity",
          "IdentityN",
          "Switch",
          "RefSwitch",
          "_SwitchN",
          "Merge",
          "Enter",
          "Exit",
          "NextIteration",
          "Placeholder",
          "_Arg",
          "_Retval",
          "PartitionedCall",
          "StatefulPartitionedCall",
          "If",
          "StatelessIf",
          "_If",
          "Case",
          "StatelessCase",
          "While",
          "StatelessWhile",
          "_While",
          "For");

  /** What a dataset gives to each call of its function, beside the example. */
  private static final String CAPTURED = "Targuments";

  private ResourceHandles() {}

  /** Whether {@code node} computes with tensors of handles, or leaves open whether it does. */
  static boolean areComputedBy(NodeDef node) {
    return !HAND_ON.contains(node.getOp())
        && node.getAttrMap().entrySet().stream()
            .filter(attr -> !attr.getKey().equals(CAPTURED))
            .anyMatch(
                attr -> isOf(attr.getValue()) || mayBecome(node, attr.getKey(), attr.getValue()));
  }

  private static boolean isOf(AttrValue attr) {
    return attr.getType() == DataType.DT_RESOURCE
        || attr.getList().getTypeList().contains(DataType.DT_RESOURCE);
  }

  private static boolean mayBecome(NodeDef node, String name, AttrValue value) {
    return value.hasPlaceholder()
        && OpRegistry.standard().find(node.getOp()).stream()
            .flatMap(op -> op.getAttrList().stream())
            .filter(attr -> attr.getName().equals(name))
            .anyMatch(ResourceHandles::takesHandles);
  }

  private static boolean takesHandles(AttrDef attr) {
    return attr.getType().contains("type")
        && (!attr.hasAllowedValues()
            || attr.getAllowedValues().getList().getTypeList().contains(DataType.DT_RESOURCE));
  }
}
