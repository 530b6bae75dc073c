package dev.graft.error;

import dev.graft.words.Remedy;

/**
 * There is not enough memory for what was asked, here and now. Less at once may do, or a larger
 * machine; neither the model nor the data need be wrong.
 */
public non-sealed class ExhaustedException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** A failure described by {@code message}: cause, place, remedy. */
  public ExhaustedException(String message, Remedy... remedies) {
    super(message, null, remedies);
  }

  /** A failure described by {@code message} that {@code cause} brought about. */
  public ExhaustedException(String message, Throwable cause, Remedy... remedies) {
    super(message, cause, remedies);
  }
}
