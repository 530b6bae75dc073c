package dev.graft.trainer.listener;

import java.util.Optional;

/**
 * A step of gradient descent is done.
 *
 * @param stretch which stretch of fine-tuning it is part of, from 1
 * @param number of the step in this stretch, from 1
 * @param rate its learning rate
 * @param loss its training loss, before it; no number where the step was left out
 * @param scaling how the loss was scaled, where gradients pass through float16
 */
public record Step(int stretch, long number, double rate, double loss, Optional<Scaling> scaling)
    implements TrainingEvent {

  /** A step whose loss is not scaled. */
  public Step(int stretch, long number, double rate, double loss) {
    this(stretch, number, rate, loss, Optional.empty());
  }

  /**
   * By what the loss was multiplied before gradients were taken of it, so that small ones are not
   * lost in float16. Where gradients overflow a step changes nothing, and the next goes by half.
   *
   * @param factor by what
   * @param skipped how many steps of the stretch were left out so far
   */
  public record Scaling(double factor, long skipped) {}
}
