/**
 * Reverse-mode differentiation: the walk against the edges, and the book of rules it asks.
 *
 * <p><b>What enters.</b> A graph with results, their gradients and what to differentiate by.
 *
 * <p><b>What leaves.</b> Gradients, and the nodes that compute them, added to an editor.
 *
 * <p><b>Who calls whom.</b> {@link Engine} walks from the results back, each node after all that
 * read it. {@link Activity} says beforehand which tensors matter, {@link Cotangents} collects what
 * arrives at each. For a node it makes a {@link Backprop}, what a {@link Rule} sees and fills in,
 * and asks the {@link RuleBook}; {@link NotDifferentiable} lists where paths end. Rules write their
 * expressions with {@link Ops}, with {@link Broadcasting}, {@link Scalars} and {@link TensorLists}
 * for what many need.
 *
 * <p>{@link NamedShapes} and {@link Shapes} tell what is known of sizes, so that rules add no nodes
 * for what is plain. {@link Library} holds the functions of the graph and names new ones. {@link
 * CustomGradientRule} puts in the gradient that an author gave.
 *
 * <p>The rules and the loops call this package; it gets the book handed in and knows neither.
 *
 * <p><b>The invariant.</b> The gradient of an input has that input's shape, whatever was broadcast.
 */
@NullMarked
package dev.graft.autodiff.internal.engine;

import org.jspecify.annotations.NullMarked;
