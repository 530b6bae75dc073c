/**
 * The training itself.
 *
 * <p><b>What enters.</b> What computes ({@link dev.graft.trainer.fit.Computing}: a runtime and a
 * precision), a model and its blocks, the parts of the data, a recipe, and who listens: {@link
 * dev.graft.trainer.fit.Trainer#fit}.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.trainer.Run}; of {@code RateFinder} a {@link
 * dev.graft.trainer.RateCurve}.
 *
 * <p><b>Who calls whom.</b> What takes TensorFlow or the machine to find out is {@code Measured}
 * first. {@code TrainingPlanner} then decides by values alone all that can be decided before (it
 * asks {@link dev.graft.trainer.fit.AutoRecipe}, {@code Acceptance} and {@link
 * dev.graft.trainer.fit.Stages}) and gives a {@code Plan}, which can be printed. {@code Trainer}
 * walks it: features, heads, then stage after stage, each kept if it is better; {@code PhaseTimes}
 * are noted, and {@code TimeLeft} bounds it. {@link dev.graft.trainer.fit.HalfPrecision} tells a
 * stage whether its loss is scaled. {@code TrainingLoop} is the page on which learning happens, by
 * a {@code LoopSetup}: epochs of steps, a score after each, {@code Best} remembers, {@code
 * EpochTime} tells how many there is time for, a {@code StepRecord} is for Java Flight Recorder.
 * Before it {@code BatchTrial} finds how many examples fit in a step. {@code TrainingSession} owns
 * the native session of a stage, of which {@code CompiledTrial} finds what XLA is to compile;
 * {@code Stepper} takes one step in it, {@code NotFinite} explains one whose loss is no number.
 * {@link dev.graft.trainer.fit.MeasuredLoop} is for benchmarks, {@link
 * dev.graft.trainer.fit.SingleStep} for a check of a model, {@link
 * dev.graft.trainer.fit.PlacedStep} to see where ops would run.
 *
 * <p><b>The invariant.</b> Killed between any two steps and begun again, a training ends with the
 * same bits: what a loop knows is in its {@link dev.graft.trainer.checkpoint.LoopState}, and
 * nothing else decides what comes next.
 */
@NullMarked
package dev.graft.trainer.fit;

import org.jspecify.annotations.NullMarked;
