package dev.graft.error;

/**
 * The root of everything Graft throws on purpose. The subtype says which family the failure belongs
 * to; the message says the cause, the place and the remedy in words a user can act on.
 */
public abstract sealed class GraftException extends RuntimeException
    permits BadModelException,
        BadDataException,
        BadRequestException,
        FailedCheckException,
        TimeLimitException {

  private static final long serialVersionUID = 1L;

  GraftException(String message) {
    super(message);
  }

  GraftException(String message, Throwable cause) {
    super(message, cause);
  }
}
