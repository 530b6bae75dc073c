package dev.graft.serving;

import dev.graft.error.ExhaustedException;

/**
 * More pictures wait than a {@link Serving} has room for. The picture was not looked at: it may
 * come again in a while, or go to another machine (an HTTP service answers 503).
 */
public final class OverloadException extends ExhaustedException {

  private static final long serialVersionUID = 1L;

  OverloadException(int waiting) {
    super(
        waiting
            + " pictures wait already, and there is room for no more; ask again later, or allow"
            + " more to wait (ServingOptions.waiting).");
  }
}
