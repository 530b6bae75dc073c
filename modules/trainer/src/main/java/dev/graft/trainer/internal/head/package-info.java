/**
 * Heads that are one dense layer, solved to convergence.
 *
 * <p><b>What enters.</b> Features of all examples, and the goal of a head that is a {@link
 * dev.graft.trainer.internal.head.LinearHead}.
 *
 * <p><b>What leaves.</b> The values of its kernel and bias.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.trainer.internal.head.SolvedHeads} goes from head to
 * head and keeps one that came with weights unless the solved one does better; {@link
 * dev.graft.trainer.internal.head.HeadPhase} reads the features some at a time ({@code
 * FeatureSlices}), standardises them ({@code Standardization}, of few examples along their {@code
 * PrincipalAxes}), deals the examples into {@code Folds}, and solves for all strengths of L2 and
 * all folds at once in {@code HeadSolver}, by {@code Lbfgs}. The strength with the smallest loss on
 * what was held back wins.
 *
 * <p><b>The invariant.</b> The result is the minimum, so no rate, batch or number of epochs is to
 * be chosen; equal examples are on one side of every fold.
 */
@NullMarked
package dev.graft.trainer.internal.head;

import org.jspecify.annotations.NullMarked;
