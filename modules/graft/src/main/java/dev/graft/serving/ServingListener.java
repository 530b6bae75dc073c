package dev.graft.serving;

/**
 * Hears what becomes of a {@link Serving}: of versions on the thread that looks for them, which is
 * the caller's in {@link Serving#of} (before there is a serving) and {@link Serving#refresh}, of
 * answers on threads of its own. It only listens: what it throws is logged, and the serving goes
 * on. It may not wait for another thread that refreshes or closes the serving, since these wait for
 * it.
 */
@FunctionalInterface
public interface ServingListener {

  /** Something happened. Called for each batch; return quickly. */
  void on(ServingEvent event);
}
