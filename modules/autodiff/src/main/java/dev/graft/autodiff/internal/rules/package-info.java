/**
 * The rules, a class for each family of ops.
 *
 * <p>{@link AllRules} makes the one book that the engine is given: it lets each class add its
 * rules, and adds TensorFlow's own C++ rules ({@link HarvestedRule}) where those were checked
 * against differences of values.
 *
 * <p>A rule is a function of a {@code Backprop}, one node on the way back, and of {@code Ops},
 * which writes expressions; it gives gradients of inputs, written as their formulas: {@link
 * FunctionRules} has a line for each function of one variable, {@link MathRules} for arithmetic
 * with broadcasting. Where TensorFlow's kernel is slow or wrong a rule gives other ops: {@link
 * PointwiseConvolution}, {@link DilatedConvolution}, {@link GroupedConvolution}.
 *
 * <p>A class has {@code addTo(RuleBook)} and says there of which inputs its ops pass nothing. Its
 * test, {@code XRulesTest}, holds cases for which {@code RuleContract} compares with differences of
 * values in several ways, and GradientListTest writes the list of ops that the preflight reads.
 *
 * <p>Rules call the engine's tools and never each other's nodes; nobody but {@link AllRules} calls
 * them.
 *
 * <p>The one invariant: a rule adds no node for a gradient that nobody wants, and gives none it did
 * not check.
 */
@NullMarked
package dev.graft.autodiff.internal.rules;

import org.jspecify.annotations.NullMarked;
