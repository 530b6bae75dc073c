package dev.graft.trainer.listener;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Sets;
import dev.graft.error.GraftException;
import dev.graft.error.Internal;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/**
 * Several callbacks as one, called in their order. One that throws is told of, once, and stops
 * neither the others nor the training; only a {@link CancellationException} does.
 */
@Internal
public final class Callbacks implements Callback {

  private static final System.Logger LOG = System.getLogger(Callbacks.class.getName());

  private final ImmutableList<Callback> all;
  private final Set<Callback> failing = Sets.newIdentityHashSet();
  private Consumer<String> decide = this::onDecision;

  private Callbacks(List<Callback> all) {
    this.all = ImmutableList.copyOf(all);
  }

  public static Callbacks of(Callback... callbacks) {
    return new Callbacks(List.of(callbacks));
  }

  /** Has {@code listener} told of what is decided here. */
  public void decide(Consumer<String> listener) {
    decide = listener;
  }

  /** The first of them that is of this kind. */
  public <C extends Callback> Optional<C> first(Class<C> kind) {
    return all.stream().filter(kind::isInstance).map(kind::cast).findFirst();
  }

  /** What may pause or cancel, and hears of nothing. */
  public Callback quiet() {
    return new Callback() {
      @Override
      public void beforeStep() {
        Callbacks.this.beforeStep();
      }
    };
  }

  private void each(Consumer<Callback> call) {
    for (Callback callback : all) {
      try {
        call.accept(callback);
      } catch (CancellationException e) {
        throw e;
      } catch (RuntimeException e) {
        if (failing.add(callback)) {
          tell(callback, e);
        }
      }
    }
  }

  private void tell(Callback callback, RuntimeException e) {
    if (!(e instanceof GraftException)) { // that one says all in its words
      LOG.log(System.Logger.Level.WARNING, "a callback of a training failed", e);
    }
    decide.accept(
        "the callback "
            + callback.getClass().getName()
            + " failed ("
            + (e instanceof GraftException ? e.getMessage() : e)
            + "); training goes on, and no more failures of it are told");
  }

  @Override
  public void onProgress(Progress progress) {
    each(callback -> callback.onProgress(progress));
  }

  @Override
  public void beforeStep() {
    Interruption.endIfInterrupted();
    each(Callback::beforeStep);
  }

  @Override
  public void onStep(Step step) {
    each(callback -> callback.onStep(step));
  }

  @Override
  public void onEpoch(Epoch epoch) {
    each(callback -> callback.onEpoch(epoch));
  }

  @Override
  public void flush() {
    each(Callback::flush);
  }

  @Override
  public void onDecision(String sentence) {
    each(callback -> callback.onDecision(sentence));
  }
}
