package dev.graft.error;

import dev.graft.words.Remedy;

/** A check that guards the result did not hold, so nothing was published or kept. */
public non-sealed class FailedCheckException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** A failure described by {@code message}: cause, place, remedy. */
  public FailedCheckException(String message, Remedy... remedies) {
    super(message, null, remedies);
  }

  /** A failure described by {@code message} that {@code cause} brought about. */
  public FailedCheckException(String message, Throwable cause, Remedy... remedies) {
    super(message, cause, remedies);
  }
}
