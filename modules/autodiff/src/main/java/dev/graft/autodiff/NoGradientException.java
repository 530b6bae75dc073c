package dev.graft.autodiff;

import dev.graft.model.BadModelException;
import dev.graft.model.Internal;

/** An op between the variables and the loss has no gradient. */
@Internal
public final class NoGradientException extends BadModelException {

  private static final long serialVersionUID = 1L;

  private final String op;
  private final String at;

  NoGradientException(String op, String node) {
    super(
        "op '"
            + op
            + "' of node '"
            + node
            + "' has no gradient. Freeze the variables below it, cut the model above it, or choose"
            + " another head.");
    this.op = op;
    this.at = node;
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
