/**
 * Reverse-mode differentiation over the flat graph: a loss and variables go in, a graph with
 * gradients comes out. Also tells, without native code, what has no gradient and why.
 *
 * <p><b>What enters.</b> A graph, results, weights of these and what to differentiate by ({@link
 * Differentiator}); a model, of which {@link PreflightCheck} is asked.
 *
 * <p><b>What leaves.</b> A graph with gradients, a plain graph that can be written and run
 * anywhere; which variables gradients would get to, what stands in the way and what to do.
 *
 * <p><b>Who calls whom.</b> Values are in {@code gradient}. Under {@code internal} the engine walks
 * and asks the book of rules, {@code rules} fill it, {@code loop} differentiates bodies of loops
 * and branches, and {@code preflight} walks by the committed list of ops, {@code gradients.txt},
 * instead of the rules.
 *
 * <p>The trainer differentiates its loss here, the head's solver its problem, and the front door
 * asks the preflight before it trains. Nothing here knows a layer or a batch.
 *
 * <p>How to add a gradient rule is in {@code docs/contributing/gradient-rule.md}.
 *
 * <p><b>The invariant.</b> The preflight and the engine say the same of every op, and tests hold
 * them against each other on each rule's cases and on every model of the zoo.
 */
@NullMarked
package dev.graft.autodiff;

import org.jspecify.annotations.NullMarked;
