package dev.graft.trainer.internal.step;

import dev.graft.model.Variable;
import java.util.function.UnaryOperator;

/**
 * What a training does beside plain steps: the places where scaled losses, averaged weights,
 * adapters and several machines enter. {@link #NONE} does nothing.
 *
 * @param gradients changes gradients before they change anything, and may add guards, of which a
 *     failure leaves the update out (see {@link TrainingGraph#LEFT_OUT})
 * @param update adds to the update: variables that the session keeps, and nodes that run with it
 * @param weights which variable of the session holds what a weight of the model is, when it is
 *     scored, kept and exported; itself as a rule
 */
public record StepExtras(
    UnaryOperator<StepGradients> gradients,
    UnaryOperator<UpdateGraph> update,
    UnaryOperator<Variable> weights) {

  /** Nothing beside plain steps. */
  public static final StepExtras NONE =
      new StepExtras(UnaryOperator.identity(), UnaryOperator.identity(), UnaryOperator.identity());
}
