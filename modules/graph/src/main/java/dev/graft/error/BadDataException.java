package dev.graft.error;

import dev.graft.words.Remedy;

/** The user's data cannot be used as it is: a folder, a picture, a table or a label is wrong. */
public non-sealed class BadDataException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** A failure described by {@code message}: cause, place, remedy. */
  public BadDataException(String message, Remedy... remedies) {
    super(message, null, remedies);
  }

  /** A failure described by {@code message} that {@code cause} brought about. */
  public BadDataException(String message, Throwable cause, Remedy... remedies) {
    super(message, cause, remedies);
  }
}
