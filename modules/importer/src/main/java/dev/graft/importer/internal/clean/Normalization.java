package dev.graft.importer.internal.clean;

import dev.graft.graph.op.OpRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.OpList;

/** Brings nodes into the form in which any machine and TensorFlow 2.18 can run them. */
final class Normalization {

  private Normalization() {}

  /**
   * {@code node} without the device it was saved on, and without attributes that a newer TensorFlow
   * added if they only say what went without saying before (as TensorFlow's loader does).
   *
   * @param producer the ops as the writer knew them, which the SavedModel lists
   */
  static NodeDef of(NodeDef node, OpList producer) {
    List<String> newer = newAttrs(node, producer);
    if (newer.isEmpty() && node.getDevice().isEmpty()) {
      return node;
    }
    NodeDef.Builder copy = node.toBuilder().clearDevice();
    newer.forEach(copy::removeAttr);
    return copy.build();
  }

  private static List<String> newAttrs(NodeDef node, OpList producer) {
    Optional<OpDef> op = OpRegistry.standard().find(node.getOp());
    List<String> newer = new ArrayList<>();
    if (op.isEmpty()) {
      return newer;
    }
    for (Map.Entry<String, AttrValue> attr : node.getAttrMap().entrySet()) {
      if (!attr.getKey().startsWith("_") && !declares(op.get(), attr.getKey())) {
        for (OpDef written : producer.getOpList()) {
          if (written.getName().equals(node.getOp())
              && written.getAttrList().stream()
                  .anyMatch(
                      a ->
                          a.getName().equals(attr.getKey())
                              && a.getDefaultValue().equals(attr.getValue()))) {
            newer.add(attr.getKey());
          }
        }
      }
    }
    return newer;
  }

  private static boolean declares(OpDef op, String attr) {
    for (OpDef.AttrDef declared : op.getAttrList()) {
      if (declared.getName().equals(attr)) {
        return true;
      }
    }
    return false;
  }
}
