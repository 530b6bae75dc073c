/**
 * The training itself.
 *
 * <p><b>What enters.</b> A runtime, a model and its blocks, the parts of the data, a recipe, and
 * who listens: {@link dev.graft.trainer.fit.Trainer#fit}.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.trainer.Run}.
 *
 * <p><b>Who calls whom.</b> What takes TensorFlow or the machine to find out is {@code Measured}
 * first. {@code TrainingPlanner} then decides by values alone all that can be decided before (it
 * asks {@link dev.graft.trainer.fit.AutoRecipe}, {@code Acceptance} and {@link
 * dev.graft.trainer.fit.Stages}) and gives a {@code Plan}, which can be printed. {@code Trainer}
 * walks it: features, heads, then stage after stage, each kept if it is better. {@code
 * TrainingLoop} is the page on which learning happens: epochs of steps, a score after each, {@code
 * Best} remembers. {@code TrainingSession} owns the native session of a stage; {@code Stepper}
 * takes one step in it, {@code NotFinite} explains one whose loss is no number. {@code
 * MeasuredLoop} is for benchmarks.
 *
 * <p><b>The invariant.</b> Killed between any two steps and begun again, a training ends with the
 * same bits: what a loop knows is in its {@link dev.graft.trainer.checkpoint.LoopState}, and
 * nothing else decides what comes next.
 */
@NullMarked
package dev.graft.trainer.fit;

import org.jspecify.annotations.NullMarked;
