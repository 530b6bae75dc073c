package dev.graft.error;

import dev.graft.words.Remedy;

/**
 * A file or folder cannot be read or written: the disk is full, a right is missing, a file system
 * fails. Once that is mended the same call may do.
 */
public non-sealed class InputOutputException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** A failure described by {@code message}: cause, place, remedy. */
  public InputOutputException(String message, Remedy... remedies) {
    super(message, null, remedies);
  }

  /** A failure described by {@code message} that {@code cause} brought about. */
  public InputOutputException(String message, Throwable cause, Remedy... remedies) {
    super(message, cause, remedies);
  }
}
