package dev.graft.trainer.listener;

import static java.util.Objects.requireNonNull;

import dev.graft.data.file.Reading;
import java.util.function.Consumer;
import java.util.function.Supplier;

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
    requireNonNull(kind, "kind");
    requireNonNull(heard, "heard");
    return event -> {
      if (kind.isInstance(event)) {
        heard.accept(kind.cast(event));
      }
    };
  }

  /**
   * Does {@code work}, in which pictures are read (a folder, a table, their division into parts),
   * and tells {@code listener} how far that is, as {@link Progress} of the phase {@link
   * Progress.Phase#READ}. What the listener throws ends the work.
   */
  static <T> T whileReading(TrainingListener listener, Supplier<T> work) {
    requireNonNull(listener, "listener");
    requireNonNull(work, "work");
    return Reading.heardBy(new ReadingProgress(listener), work);
  }
}
