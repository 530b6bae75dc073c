package dev.graft.autodiff.gradient;

import dev.graft.error.Internal;
import dev.graft.graph.function.CustomGradient;
import dev.graft.graph.op.GradientSupport;
import java.util.Set;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/** Why a gradient cannot pass an op, in words. */
@Internal
public final class MissingGradient {

  /** Loops and branches as TF1 wrote them; what they store goes through {@code TensorArray}. */
  private static final Set<String> CONTROL_FLOW_V1 =
      Set.of("Enter", "Exit", "NextIteration", "Switch", "Merge", "LoopCond");

  private MissingGradient() {}

  /** The reason; no sentence of its own. */
  public static String reason(NodeDef node) {
    String op = node.getOp();
    AttrValue mark = node.getAttrOrDefault(CustomGradient.MARK, null);
    if (mark != null) {
      return "its gradient is Python code of the model's author (tf.custom_gradient or"
          + " tf.recompute_grad, registered as '"
          + mark.getS().toStringUtf8()
          + "') that the SavedModel does not hold; saved with"
          + " SaveOptions(experimental_custom_gradients=True) it would. Rematerialised layers without it come in"
          + " a later version";
    }
    if (op.equals("PreventGradient")) {
      return "the model's author forbids one here"
          + (node.containsAttr("message")
              ? ": " + node.getAttrOrThrow("message").getS().toStringUtf8()
              : "");
    }
    String plain = op.startsWith("Ref") ? op.substring(3) : op;
    if (CONTROL_FLOW_V1.contains(plain) || op.startsWith("TensorArray")) {
      return "it belongs to TF1's own loops and branches, whose gradients come in a later version";
    }
    return GradientSupport.standard().of(op) == GradientSupport.Kind.MISSING
        ? "Graft has no gradient for this op yet"
        : "TensorFlow defines no gradient for this op";
  }
}
