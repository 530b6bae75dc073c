/**
 * What is trained on what.
 *
 * <p><b>What enters.</b> A model, a dataset and objectives.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.trainer.internal.task.Task}: the model, the goals of
 * its heads, and the {@link dev.graft.trainer.internal.task.InputBinding} by which batches get into
 * its graph. With other weights, or fed with features from the middle of the network, it is the
 * same task.
 *
 * <p><b>Who calls whom.</b> A task is made where model and data meet: in a training by the planner,
 * once, which features, the loop and its scores are handed; in a score by itself by {@code
 * score.Evaluator}; in a benchmark by {@code fit.MeasuredLoop}. A {@link
 * dev.graft.trainer.internal.task.HeadGoal} is the goal of one head, and the only one that can be
 * solved at once. A {@link dev.graft.trainer.internal.task.Stage} says what trains; {@link
 * dev.graft.trainer.internal.task.Order} in which order examples are seen, {@link
 * dev.graft.trainer.internal.task.ReadAhead} reads the next batch while a step runs, {@link
 * dev.graft.trainer.internal.task.RowProbe} finds out by a run which tensors have a row for each
 * example and how long one takes, which {@link dev.graft.trainer.internal.task.Timing} has the
 * planner ask for. {@link dev.graft.trainer.internal.task.TaskIdentity} says by what its
 * checkpoints are known.
 *
 * <p><b>The invariant.</b> What does not fit is refused here, before anything is computed, with the
 * remedy.
 */
@NullMarked
package dev.graft.trainer.internal.task;

import org.jspecify.annotations.NullMarked;
