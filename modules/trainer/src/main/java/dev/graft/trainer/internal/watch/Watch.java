package dev.graft.trainer.internal.watch;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Sets;
import dev.graft.error.GraftException;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.listener.TrainingListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Who watches a piece of work: listeners, told in their order, and what may hold or end it between
 * two units. A listener that throws is told of, once, and stops neither the others nor the work.
 */
public final class Watch {

  private static final System.Logger LOG = System.getLogger(Watch.class.getName());

  private final ImmutableList<TrainingListener> listeners;
  private final Runnable gate;
  private final AtomicLong waited; // nanoseconds, at the gate
  private final List<String> decisions = new ArrayList<>();
  private final Set<TrainingListener> failing = Sets.newIdentityHashSet();

  private Watch(List<TrainingListener> listeners, Runnable gate, AtomicLong waited) {
    this.listeners = ImmutableList.copyOf(listeners);
    this.gate = gate;
    this.waited = waited;
  }

  /** Those of {@code options}. */
  public static Watch of(TrainOptions options) {
    return new Watch(options.listeners(), options.cancellation()::check, new AtomicLong());
  }

  /** A listener, and what is called before each unit. */
  public static Watch of(TrainingListener listener, Runnable gate) {
    return new Watch(List.of(listener), gate, new AtomicLong());
  }

  /** What may hold or end the work, and hears of nothing. */
  public Watch quiet() {
    return new Watch(List.of(), gate, waited);
  }

  /** Before a unit: may wait, or throw to end the work. */
  public void before() {
    long start = System.nanoTime();
    gate.run();
    waited.addAndGet(System.nanoTime() - start);
  }

  /** Does {@code work}, tells how far the reading of pictures in it is, and may hold or end it. */
  public <T> T whileReading(Supplier<T> work) {
    return TrainingListener.whileReading(
        event -> {
          before();
          tell(event);
        },
        work);
  }

  /** A clock, in nanoseconds, that stands still while the work is held. */
  public long worked() {
    return System.nanoTime() - waited.get();
  }

  /** The sentences of the decisions that were told; a run that goes on adds those of before. */
  public List<String> decisions() {
    return decisions;
  }

  /** Tells all who listen of a decision about all of the work, by no score. */
  public void decide(Decision.Kind kind, String sentence) {
    tell(Decision.of(kind, sentence));
  }

  /** Tells all who listen. */
  public void tell(TrainingEvent event) {
    if (event instanceof Decision decision) {
      decisions.add(decision.sentence());
    }
    for (TrainingListener listener : listeners) {
      try {
        listener.on(event);
      } catch (RuntimeException e) {
        if (failing.add(listener)) {
          failed(listener, e);
        }
      }
    }
  }

  private void failed(TrainingListener listener, RuntimeException e) {
    if (!(e instanceof GraftException)) { // that one says all in its words
      LOG.log(System.Logger.Level.WARNING, "a listener of a training failed", e);
    }
    String what =
        "the listener "
            + listener.getClass().getName()
            + " failed ("
            + (e instanceof GraftException ? e.getMessage() : e)
            + "); training goes on, and no more failures of it are told";
    decide(Decision.Kind.LISTENER, what);
  }
}
