package dev.graft.graph;

import dev.graft.error.BadModelException;
import dev.graft.error.Internal;
import dev.graft.graph.op.OpRegistry;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/**
 * What has to hold of a node of a file before anything else is read from it, so that what reads it
 * need not ask: a name, inputs that are tensors and as many as the op takes, the attributes that
 * the op wants, of a constant a value of its dtype. TensorFlow checks the same when it takes a
 * graph.
 */
@Internal
public final class NodeCheck {

  private NodeCheck() {}

  /**
   * Fails if {@code node} is no sound node; what it is not known for is not asked of an op that
   * TensorFlow lacks or that is a function.
   */
  public static void require(NodeDef node, Map<String, FunctionDef> functions) {
    String name = node.getName();
    if (name.isEmpty() || name.charAt(0) == '^' || name.indexOf(':') >= 0) {
      throw damaged(node, "'" + name + "' is no name for a node");
    }
    for (String input : node.getInputList()) {
      if (Nodes.producer(input).isEmpty()) {
        throw damaged(node, "it waits for a node without a name");
      }
    }
    Optional<OpDef> op = OpRegistry.standard().find(node.getOp());
    if (op.isEmpty() || functions.containsKey(node.getOp())) {
      return;
    }
    boolean open = false;
    for (OpDef.AttrDef attr : op.get().getAttrList()) {
      AttrValue value = node.getAttrOrDefault(attr.getName(), null);
      if (value != null && value.hasPlaceholder()) {
        open = true; // the caller of the function sets it
      } else if (value == null ? !attr.hasDefaultValue() : !fits(value, attr.getType())) {
        throw damaged(
            node,
            value == null
                ? "it lacks the attribute '" + attr.getName() + "'"
                : "its attribute '" + attr.getName() + "' is no " + attr.getType());
      }
    }
    if (node.getOp().equals("Const") && !open) {
      DataType held = node.getAttrOrThrow("value").getTensor().getDtype();
      if (held != node.getAttrOrThrow("dtype").getType()) {
        throw damaged(node, "it holds a value of another dtype, " + held);
      }
    }
    if (!open) {
      int wanted = OpRegistry.standard().inputTypes(node).size();
      int given = Nodes.dataInputs(node).size();
      if (wanted != given) {
        throw damaged(node, "it takes " + wanted + " inputs but has " + given);
      }
    }
  }

  private static boolean fits(AttrValue value, String type) {
    return switch (type) {
      case "int" -> value.hasI();
      case "float" -> value.hasF();
      case "bool" -> value.hasB();
      case "type" -> value.hasType();
      case "shape" -> value.hasShape();
      case "string" -> value.hasS();
      case "tensor" -> value.hasTensor();
      case "func" -> value.hasFunc();
      default -> value.hasList() || value.getValueCase() == AttrValue.ValueCase.VALUE_NOT_SET;
    };
  }

  private static BadModelException damaged(NodeDef node, String what) {
    return BadModelException.atNode(
        node.getName(),
        "node '" + node.getName() + "' (" + node.getOp() + ") is damaged: " + what + ".");
  }
}
