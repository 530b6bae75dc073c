package dev.graft.trainer.listener;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.CancellationException;

/**
 * Pauses, resumes and cancels training from another thread. Give it to the training as one of its
 * callbacks. An interrupt of the training's thread cancels, too, with or without it.
 */
public final class TrainingSwitch implements Callback {

  private enum State {
    RUNNING,
    PAUSED,
    CANCELLED
  }

  @GuardedBy("this")
  private State state = State.RUNNING;

  /** Holds training before its next step, until {@link #resume} or {@link #cancel}. */
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

  /** Ends training before its next step, with a {@link CancellationException} on its thread. */
  public synchronized void cancel() {
    state = State.CANCELLED;
    notifyAll();
  }

  @Override
  public synchronized void beforeStep() {
    while (state == State.PAUSED) {
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        state = State.CANCELLED;
      }
    }
    if (state == State.CANCELLED) {
      throw new CancellationException("training was cancelled");
    }
  }
}
