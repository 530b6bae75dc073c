/**
 * The values of differentiation: a gradient, a graph that has some, and why there is none.
 *
 * <p><b>What enters.</b> What the engine found: a tensor, or rows with their indices where a table
 * was looked up in, or that there is none, and why.
 *
 * <p><b>What leaves.</b> A {@link Gradient}, of which whoever needs one tensor has to say so, and a
 * {@link GradientGraph}, the graph that {@code Differentiator} gives, with the gradient of each
 * tensor asked for that has one.
 *
 * <p>{@link LoopMemory} says what a loop keeps of its steps for the way back: everything, or only
 * what cannot be computed again, which takes longer and less memory.
 *
 * <p>Where an op on the way has no gradient, {@link NoGradientException} names the op and the node,
 * with the reason in the words of {@link MissingGradient}, which the preflight uses, too.
 *
 * <p><b>Who calls whom.</b> These values are all that the trainer sees of automatic
 * differentiation. They know the graph, and nothing of the engine that makes them.
 *
 * <p><b>The invariant.</b> A tensor without influence on any result has no gradient, which is not
 * the same as a gradient of zeros; callers decide what that means to them.
 */
@NullMarked
package dev.graft.autodiff.gradient;

import org.jspecify.annotations.NullMarked;
