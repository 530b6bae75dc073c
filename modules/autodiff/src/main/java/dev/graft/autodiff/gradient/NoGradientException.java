package dev.graft.autodiff.gradient;

import dev.graft.error.BadModelException;
import dev.graft.error.Internal;
import org.tensorflow.proto.NodeDef;

/** An op between the variables and the loss has no gradient. */
@Internal
public final class NoGradientException extends BadModelException {

  private static final long serialVersionUID = 1L;

  private final String op;
  private final String at;

  public NoGradientException(NodeDef node) {
    super(
        "op '"
            + node.getOp()
            + "' of node '"
            + node.getName()
            + "' lets no gradient pass: "
            + MissingGradient.reason(node)
            + ". Freeze the variables below it, cut the model above it, or choose another head.");
    this.op = node.getOp();
    this.at = node.getName();
  }

  /** The op's type. */
  public String op() {
    return op;
  }

  /** The node's name. */
  public String at() {
    return at;
  }
}
