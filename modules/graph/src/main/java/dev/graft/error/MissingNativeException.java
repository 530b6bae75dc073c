package dev.graft.error;

import dev.graft.words.Remedy;

/** TensorFlow's native code is not there for this machine, or cannot be loaded. */
public non-sealed class MissingNativeException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** A failure described by {@code message}: cause, place, remedy. */
  public MissingNativeException(String message, Remedy... remedies) {
    super(message, null, remedies);
  }

  /** A failure described by {@code message} that {@code cause} brought about. */
  public MissingNativeException(String message, Throwable cause, Remedy... remedies) {
    super(message, cause, remedies);
  }
}
