package dev.graft.exporter;

import dev.graft.graph.op.OpRegistry;
import java.util.Optional;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/**
 * Leaves out of an export what goes without saying: attributes that have the op's default. An older
 * TensorFlow refuses a node with an attribute that it does not know, even if it says nothing new;
 * every TensorFlow fills in what is left out. Attributes that no op declares (their names begin
 * with an underscore) have no default and stay; so do those of calls by a function's name.
 */
final class DefaultAttrs {

  /** For messages alone, never the default, and unknown to TensorFlow 2.12. */
  private static final String DEBUG_NAME = "debug_name";

  private DefaultAttrs() {}

  /** {@code graph} and its functions without them. */
  static GraphDef stripped(GraphDef graph) {
    GraphDef.Builder plain = graph.toBuilder();
    for (NodeDef.Builder node : plain.getNodeBuilderList()) {
      strip(node);
    }
    for (FunctionDef.Builder function : plain.getLibraryBuilder().getFunctionBuilderList()) {
      function.getNodeDefBuilderList().forEach(DefaultAttrs::strip);
    }
    return plain.build();
  }

  private static void strip(NodeDef.Builder node) {
    if (node.getOp().equals("VarHandleOp")) {
      node.removeAttr(DEBUG_NAME);
    }
    Optional<OpDef> op = OpRegistry.standard().find(node.getOp());
    if (op.isEmpty()) {
      return;
    }
    for (OpDef.AttrDef attr : op.get().getAttrList()) {
      if (attr.hasDefaultValue()
          && attr.getDefaultValue().equals(node.getAttrMap().get(attr.getName()))) {
        node.removeAttr(attr.getName());
      }
    }
  }
}
