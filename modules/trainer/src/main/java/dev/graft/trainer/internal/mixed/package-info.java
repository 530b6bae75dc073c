/**
 * A step, or what does not train, that multiplies in fewer digits than its weights have.
 *
 * <p><b>What enters.</b> A graph with a loss in it that was not differentiated yet, what it is fed,
 * and bfloat16 or float16.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.trainer.internal.mixed.MixedForm}: the same graph with
 * a second form of those nodes that compute in fewer digits, and of all that comes after them. What
 * was there before stays as it is, so that scores are computed in float32.
 *
 * <p><b>Who calls whom.</b> {@code internal.step} asks {@code MixedForm}, before it has the loss
 * differentiated; {@code LowNodes} says which nodes have fewer digits, by {@code MixedOps}, the
 * lists of ops, and {@code Settled}, which knows what may be cast without a second thought; {@code
 * MixedForm} makes the copies and casts between them. {@code internal.features} runs a {@link
 * dev.graft.trainer.internal.mixed.FrozenRun}, and rounds what comes out to its {@link
 * dev.graft.trainer.internal.mixed.Digits}.
 *
 * <p><b>The invariant.</b> Variables, what moves them, random numbers and all from the answers of
 * heads to the loss are float32; a weight is cast once, where it is read, and its gradient comes
 * back through that cast in float32. What is inside loops, branches and other functions stays in
 * float32, and so does what a loop of TensorFlow 1 reads. In float32 the second form computes what
 * the first does, to the bit.
 */
@NullMarked
package dev.graft.trainer.internal.mixed;

import org.jspecify.annotations.NullMarked;
