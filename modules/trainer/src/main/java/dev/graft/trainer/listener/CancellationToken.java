package dev.graft.trainer.listener;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.CancellationException;

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

  @GuardedBy("this")
  private State state = State.RUNNING;

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
   * What the work asks before each unit: waits while it is paused.
   *
   * @throws CancellationException if it is cancelled, or its thread is interrupted
   */
  public synchronized void check() {
    try {
      while (state == State.PAUSED && !Thread.currentThread().isInterrupted()) {
        wait();
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
