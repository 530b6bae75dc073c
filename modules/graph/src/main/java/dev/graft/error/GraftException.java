package dev.graft.error;

import static java.util.stream.Collectors.joining;

import dev.graft.words.Remedy;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The root of everything Graft throws on purpose. The subtype says which family the failure belongs
 * to; the message says the cause, the place and the remedy in words a user can act on.
 */
public abstract sealed class GraftException extends RuntimeException
    permits BadModelException,
        BadDataException,
        BadRequestException,
        FailedCheckException,
        ExhaustedException,
        InputOutputException,
        ClosedException,
        MissingNativeException,
        TimeLimitException {

  private static final long serialVersionUID = 1L;

  private final Remedy[] remedies;

  GraftException(String message, @Nullable Throwable cause, Remedy... remedies) {
    super(message);
    if (cause != null) {
      initCause(cause);
    }
    this.remedies = remedies.clone();
  }

  /** What helps, as far as the library has a way there; the message says it in plain words. */
  public List<Remedy> remedies() {
    return List.of(remedies);
  }

  /** The message, and the remedies as they are called in Java: what a stack trace shows. */
  @Override
  public String toString() {
    return remedies.length == 0
        ? super.toString()
        : super.toString()
            + Arrays.stream(remedies)
                .map(Remedy::inJava)
                .collect(joining(", ", " [in Java: ", "]"));
  }
}
