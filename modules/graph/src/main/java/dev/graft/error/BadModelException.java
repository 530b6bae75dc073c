package dev.graft.error;

import static java.util.Objects.requireNonNull;

import dev.graft.words.Remedy;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The model cannot be used as it is: a file is damaged, an op is unknown, a signature is missing.
 */
public non-sealed class BadModelException extends GraftException {

  private static final long serialVersionUID = 1L;

  private final @Nullable String node;
  private final @Nullable String file;

  /** A failure described by {@code message}: cause, place, remedy. */
  public BadModelException(String message, Remedy... remedies) {
    this(message, null, null, null, remedies);
  }

  /** A failure described by {@code message} that {@code cause} brought about. */
  public BadModelException(String message, Throwable cause, Remedy... remedies) {
    this(message, null, null, cause, remedies);
  }

  private BadModelException(
      String message,
      @Nullable String node,
      @Nullable String file,
      @Nullable Throwable cause,
      Remedy... remedies) {
    super(message, cause, remedies);
    this.node = node;
    this.file = file;
  }

  /** A failure at one node of the graph. */
  public static BadModelException atNode(String node, String message) {
    requireNonNull(node, "node");
    requireNonNull(message, "message");
    return new BadModelException(message, node, null, null);
  }

  /** A failure in one file of the SavedModel. */
  public static BadModelException inFile(
      String file, String message, @Nullable Throwable cause, Remedy... remedies) {
    requireNonNull(file, "file");
    requireNonNull(message, "message");
    requireNonNull(remedies, "remedies");
    return new BadModelException(message, null, file, cause, remedies);
  }

  /** The node of the graph where it failed, if one is to blame. */
  public Optional<String> node() {
    return Optional.ofNullable(node);
  }

  /** The file where it failed, if one is to blame. */
  public Optional<String> file() {
    return Optional.ofNullable(file);
  }
}
