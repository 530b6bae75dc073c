package dev.graft.error;

import dev.graft.words.Remedy;
import java.io.Serializable;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A check that guards the result did not hold, so nothing was published or kept. */
public non-sealed class FailedCheckException extends GraftException {

  private static final long serialVersionUID = 1L;

  private final @Nullable Figure figure;

  /**
   * What was measured.
   *
   * @param name of what
   * @param found what came out
   * @param limit what it is held against
   */
  public record Figure(String name, double found, double limit) implements Serializable {}

  /** A failure described by {@code message}: cause, place, remedy. */
  public FailedCheckException(String message, Remedy... remedies) {
    super(message, null, remedies);
    this.figure = null;
  }

  /** A failure described by {@code message} that {@code cause} brought about. */
  public FailedCheckException(String message, Throwable cause, Remedy... remedies) {
    super(message, cause, remedies);
    this.figure = null;
  }

  /** A failure described by {@code message}, of this figure. */
  public FailedCheckException(String message, Figure figure) {
    super(message, null);
    this.figure = figure;
  }

  /** What was measured, if it is a number that did not do. */
  public Optional<Figure> figure() {
    return Optional.ofNullable(figure);
  }
}
