package dev.graft.graph;

import dev.graft.error.Internal;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.NodeDef;

/**
 * The gradient functions that a SavedModel registers for nodes marked {@code _gradient_op_type}.
 */
@Internal
public final class GradientFunctions {

  private static final String MARK = "_gradient_op_type";

  private final Map<String, String> byType = new HashMap<>();

  GradientFunctions(FunctionDefLibrary library) {
    library
        .getRegisteredGradientsList()
        .forEach(g -> byType.put(g.getRegisteredOpType(), g.getGradientFunc()));
  }

  /**
   * The name of the function that computes the gradient of {@code node}, or null if none is
   * registered.
   */
  @Nullable String of(NodeDef node) {
    AttrValue type = node.getAttrOrDefault(MARK, null);
    return type == null ? null : byType.get(type.getS().toStringUtf8());
  }
}
