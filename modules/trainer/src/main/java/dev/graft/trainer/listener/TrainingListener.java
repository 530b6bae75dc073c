package dev.graft.trainer.listener;

import java.util.function.Consumer;

/**
 * Hears how a training goes, on the thread that trains. It only listens: what it throws is told of
 * once, as a {@link Decision}, and the training goes on. To end one there is a {@link
 * CancellationToken}.
 */
@FunctionalInterface
public interface TrainingListener {

  /** Something happened. Called often; return quickly. */
  void on(TrainingEvent event);

  /** A listener that hears of one kind of event alone. */
  static <E extends TrainingEvent> TrainingListener to(Class<E> kind, Consumer<? super E> heard) {
    return event -> {
      if (kind.isInstance(event)) {
        heard.accept(kind.cast(event));
      }
    };
  }
}
