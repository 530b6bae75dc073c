package dev.graft.trainer.listener;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Pauses, resumes and cancels work from any thread: trainings, scores, jobs that it was given to.
 * They look at it between two units of what they do. An interrupt of their thread cancels them,
 * too, with or without it.
 */
public final class CancellationToken {

  private enum State {
    RUNNING,
    PAUSED,
    CANCELLED
  }

  /** For who is let go first without ever having enough: then the work has its turn, too. */
  private static final long LONGEST_WAIT = TimeUnit.SECONDS.toNanos(1);

  private static final long LOOK = 1; // ms between two looks whether they still are

  @GuardedBy("this")
  private State state = State.RUNNING;

  @GuardedBy("this")
  private BooleanSupplier others = () -> false;

  /** Holds the work before its next unit, until {@link #resume} or {@link #cancel}. */
  public synchronized void pause() {
    if (state == State.RUNNING) {
      state = State.PAUSED;
    }
  }

  /** Goes on after {@link #pause}. */
  public synchronized void resume() {
    if (state == State.PAUSED) {
      state = State.RUNNING;
      notifyAll();
    }
  }

  /** Ends the work before its next unit, with a {@link CancellationException} on its thread. */
  public synchronized void cancel() {
    state = State.CANCELLED;
    notifyAll();
  }

  /**
   * Has the work wait before each of its units while others have more of a hurry, a second at most:
   * a service in the same process, as {@code yieldTo(serving::isBusy)}.
   *
   * @param busy whether they have, quickly told; asked by the thread of the work
   * @return this
   */
  public synchronized CancellationToken yieldTo(BooleanSupplier busy) {
    others = requireNonNull(busy, "busy");
    return this;
  }

  /**
   * What the work asks before each unit: waits while it is paused, and for those who go first.
   *
   * @throws CancellationException if it is cancelled, or its thread is interrupted
   */
  public synchronized void check() {
    try {
      long end = System.nanoTime() + LONGEST_WAIT;
      while (!Thread.currentThread().isInterrupted()) {
        if (state == State.PAUSED) {
          wait();
        } else if (state == State.RUNNING && System.nanoTime() < end && others.getAsBoolean()) {
          wait(LOOK);
        } else {
          break;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("training was interrupted (Thread.interrupt)");
    }
    if (state == State.CANCELLED) {
      throw new CancellationException("training was cancelled");
    }
  }
}
