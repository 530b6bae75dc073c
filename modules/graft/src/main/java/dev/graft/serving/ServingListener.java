package dev.graft.serving;

/**
 * Hears what becomes of a {@link Serving}, on its own threads. It only listens: what it throws is
 * logged, and the serving goes on.
 */
@FunctionalInterface
public interface ServingListener {

  /** Something happened. Called for each batch; return quickly. */
  void on(ServingEvent event);
}
