/**
 * Gradients of loops and branches, as functions beside the old ones.
 *
 * <p><b>What enters.</b> A While, If or Case node with the gradients of its outputs.
 *
 * <p><b>What leaves.</b> The node with further results, and another node that takes the same way
 * back.
 *
 * <p><b>Who calls whom.</b> {@link ControlFlowRules} tells the book of rules. {@link LoopGradient}
 * asks {@link LoopActivity} through which loop variables gradients go and {@link LoopShapes} what
 * stays the same over all steps, has the body differentiated ({@link BodyGradient}, by what is
 * {@link Asked} of it), and makes two loops: {@link ForwardLoop}, which keeps what is read later,
 * and {@link BackwardLoop}, in whose steps {@link NextStepFirst} orders the products. {@link
 * BranchGradient} does the same for choices.
 *
 * <p>{@link BodyGradient} runs the engine inside the body ({@link Differentiated}), and {@link Cut}
 * decides of each tensor that the way back reads whether it is saved, read as the argument still
 * is, or computed again.
 *
 * <p>The preflight asks {@link LoopActivity}, too, with its own list of ops.
 *
 * <p><b>The invariant.</b> The way forward gives what it gave before, to the bit, and does nothing
 * twice that has an effect or is random.
 */
@NullMarked
package dev.graft.autodiff.internal.loop;

import org.jspecify.annotations.NullMarked;
