package dev.graft.cli;

import dev.graft.trainer.listener.TrainingSwitch;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * While it is open, Ctrl-C (and a polite kill) ends training before its next step and lets it write
 * a checkpoint, before the process goes.
 */
final class Interrupt implements AutoCloseable {

  private static final long PATIENCE = 60; // seconds: a step of a large model and its checkpoint

  private final TrainingSwitch trainingSwitch = new TrainingSwitch();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook = new Thread(this::end, "graft-interrupt");

  Interrupt() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void end() {
    trainingSwitch.cancel();
    try {
      ended.await(PATIENCE, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** To give to the training. */
  TrainingSwitch trainingSwitch() {
    return trainingSwitch;
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
