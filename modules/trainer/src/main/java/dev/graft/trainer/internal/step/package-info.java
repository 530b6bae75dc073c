/**
 * The graph of one training step.
 *
 * <p><b>What enters.</b> A task, a stage, and {@link dev.graft.trainer.internal.step.StepExtras}:
 * what a training does beside plain steps.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.trainer.internal.step.TrainingGraph}: the tensors to
 * feed, the loss to fetch, the nodes to run.
 *
 * <p><b>Who calls whom.</b> {@code TrainingGraph} adds the loss of all goals, gives it fewer digits
 * where that is wanted ({@code internal.mixed}), and has it differentiated: {@link
 * dev.graft.trainer.internal.step.StepGradients}. Where gradients pass through float16 they are of
 * a multiple of the loss, and {@code UnscaledGradients} divides and guards them. Between that and
 * {@link dev.graft.trainer.internal.step.UpdateGraph}, which adds the optimizer's updates (by an
 * {@code Updating}, of float16 weights to their {@code WholeWeights}), there is room: for scaling,
 * for adding up over machines, for guards. A run whose guard fails leaves all variables as they
 * were; if it says {@link dev.graft.trainer.internal.step.TrainingGraph#LEFT_OUT} the update is
 * left out and training goes on. {@code ProductGradients} and {@code DepthwiseGradients} are other
 * kernels for the same gradients; for those of groups {@code internal.graph} has them.
 *
 * <p><b>The invariant.</b> An update waits for every read of its variable in the step, and for
 * every guard; without that a read sees the old or the new value at random.
 */
@NullMarked
package dev.graft.trainer.internal.step;

import org.jspecify.annotations.NullMarked;
