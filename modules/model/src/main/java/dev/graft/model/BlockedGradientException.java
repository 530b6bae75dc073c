package dev.graft.model;

import dev.graft.error.BadModelException;

/** Variables that should train lie behind an op that lets no gradient pass. */
public final class BlockedGradientException extends BadModelException {

  private static final long serialVersionUID = 1L;

  private final transient Preflight preflight;

  /** A refusal for the obstacles that {@code preflight} found, at least one. */
  public BlockedGradientException(Preflight preflight) {
    super(message(preflight));
    this.preflight = preflight;
  }

  private static String message(Preflight preflight) {
    StringBuilder message = new StringBuilder("some of what should train gets no gradient.");
    preflight.obstacles().forEach(obstacle -> message.append(' ').append(obstacle.words()));
    preflight.remedy().ifPresent(way -> message.append(" To go on, ").append(way.words()));
    return message.append('.').toString();
  }

  /** What was found. */
  public Preflight preflight() {
    return preflight;
  }
}
