package dev.graft.error;

import dev.graft.words.Remedy;

/**
 * A call took longer than it was given and was given up. Neither the model nor what it was asked
 * need be wrong: the machine may be busy, and the same call may be in time later.
 */
public non-sealed class TimeLimitException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** A failure described by {@code message} that {@code cause} brought about. */
  public TimeLimitException(String message, Throwable cause, Remedy... remedies) {
    super(message, cause, remedies);
  }
}
