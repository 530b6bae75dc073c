package dev.graft.trainer.listener;

import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.checkpoint.Checkpoints;

/**
 * What may be hung on training: showing progress, stopping early, writing files. Every method does
 * nothing unless overridden, and is called on the thread that trains.
 *
 * <p>A {@link java.util.concurrent.CancellationException} from any of them ends training, which
 * keeps a checkpoint if it has {@link Checkpoints}; so does {@link Thread#interrupt}, before the
 * next step. Any other exception is told of once, as a decision, and training goes on.
 */
public interface Callback {

  /** Some units of a phase are finished. Called often; return quickly. */
  default void onProgress(Progress progress) {}

  /**
   * Asked before each unit of work, and may wait.
   *
   * @throws java.util.concurrent.CancellationException to end training at once
   */
  default void beforeStep() {}

  /** A step of gradient descent is done. Return quickly. */
  default void onStep(Step step) {}

  /**
   * A pass over the training examples is finished and scored on the validation part. To end the
   * stretch after it, see {@link EarlyStop}; to end all, {@link TrainingSwitch}.
   */
  default void onEpoch(Epoch epoch) {}

  /**
   * What this was told so far, and has not written down, is to be written now: a checkpoint was
   * made, so that the steps before it never run again, or training ends by an exception.
   */
  default void flush() {}

  /** Something was decided; {@code sentence} says what and why, for a person to read. */
  default void onDecision(String sentence) {}
}
