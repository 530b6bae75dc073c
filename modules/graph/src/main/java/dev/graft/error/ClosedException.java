package dev.graft.error;

import dev.graft.words.Remedy;

/** What was called is closed, or was closed meanwhile. */
public non-sealed class ClosedException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** A failure described by {@code message}: cause, place, remedy. */
  public ClosedException(String message, Remedy... remedies) {
    super(message, null, remedies);
  }

  /** A failure described by {@code message} that {@code cause} brought about. */
  public ClosedException(String message, Throwable cause, Remedy... remedies) {
    super(message, cause, remedies);
  }
}
