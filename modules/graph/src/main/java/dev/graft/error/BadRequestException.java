package dev.graft.error;

import dev.graft.words.Remedy;

/**
 * What was asked for cannot be done: an unknown layer, an impossible cut, a setting out of range.
 */
public non-sealed class BadRequestException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** A failure described by {@code message}: cause, place, remedy. */
  public BadRequestException(String message, Remedy... remedies) {
    super(message, null, remedies);
  }

  /** A failure described by {@code message} that {@code cause} brought about. */
  public BadRequestException(String message, Throwable cause, Remedy... remedies) {
    super(message, cause, remedies);
  }
}
