/**
 * How a step changes the variables.
 *
 * <p><b>What enters.</b> The user's {@link dev.graft.trainer.optimizer.Optimizer}, {@link
 * dev.graft.trainer.optimizer.Schedule}, {@link dev.graft.trainer.optimizer.Clipping} and {@link
 * dev.graft.trainer.optimizer.LayerRates}, as parts of a stage's settings.
 *
 * <p><b>What leaves.</b> Nodes of a graph: an optimizer adds the update of one weight to a {@link
 * dev.graft.trainer.optimizer.WeightUpdate}, which gives it the gradient (as {@code Gradients} cut
 * it down), the rate and other {@code StepNumbers}, and its slots, and lets it run after every read
 * of the weight.
 *
 * <p><b>Who calls whom.</b> {@code internal.step} makes a {@code WeightUpdate} for each variable
 * and hands it to the optimizer; {@code fit} asks the schedule for the share of the rate at each
 * step. Nothing here knows of data or sessions, and of models only names, in which {@link
 * dev.graft.trainer.optimizer.NamePatterns} look.
 *
 * <p><b>Adding one.</b> An optimizer is one record: its slots, its kernel, its decay. {@code
 * OptimizerTest} holds it against Keras over many steps, dense and sparse.
 *
 * <p><b>The invariant.</b> Trajectories equal Keras' to the last bits of float32: hyper-parameters
 * are rounded where Keras rounds them.
 */
@NullMarked
package dev.graft.trainer.optimizer;

import org.jspecify.annotations.NullMarked;
