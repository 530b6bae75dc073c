package dev.graft.cli;

import dev.graft.job.JobEvent;
import dev.graft.job.JobListener;
import dev.graft.trainer.listener.CancellationToken;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * While a job trains, Ctrl-C (and a polite kill) ends training before its next step and lets it
 * write a checkpoint and say so, before the process goes.
 */
final class Interrupt implements JobListener, AutoCloseable {

  private static final long PATIENCE = 60; // seconds: a step of a large model and its checkpoint

  private final JobListener first;
  private final CancellationToken cancellation = new CancellationToken();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook = new Thread(this::end, "graft-interrupt");

  /**
   * An interrupt that listens to the job.
   *
   * @param first hears of it before
   */
  Interrupt(JobListener first) {
    this.first = first;
  }

  @Override
  public void on(JobEvent event) {
    first.on(event);
    if (event instanceof JobEvent.TrainingBegun) {
      Runtime.getRuntime().addShutdownHook(hook);
    } else if (event instanceof JobEvent.Trained || event instanceof JobEvent.Stopped) {
      close();
    }
  }

  private void end() {
    cancellation.cancel();
    try {
      ended.await(PATIENCE, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** To give to the job. */
  CancellationToken cancellation() {
    return cancellation;
  }

  /** Training is over. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // the process is ending already, and waits for this:
    }
    ended.countDown();
  }
}
