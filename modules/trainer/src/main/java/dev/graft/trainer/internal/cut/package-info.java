/**
 * Where the frozen part of a network ends.
 *
 * <p><b>What enters.</b> A task's binding of inputs; what is known of the shapes in its graph, by
 * TensorFlow's inference or from elsewhere ({@link dev.graft.trainer.internal.cut.KnownShapes});
 * and what trains.
 *
 * <p><b>What leaves.</b> Cuts: the tensors that the frozen part hands to the part that trains, a
 * row for each example, with how many bytes that is.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.trainer.internal.cut.Frontier} finds a cut so that
 * nothing that trains lies before it; the planner asks it for heads and stretches, features and
 * scores for what they compute once. {@link dev.graft.trainer.internal.cut.Positions} checks by it
 * that heads and data answer at the same positions.
 *
 * <p><b>The invariant.</b> What is before a cut is the same in each step, and row i of it follows
 * from example i alone, as far as shapes tell; what they do not tell is asked of a run.
 */
@NullMarked
package dev.graft.trainer.internal.cut;

import org.jspecify.annotations.NullMarked;
