/**
 * The rules, a class for each family of ops.
 *
 * <p><b>What enters.</b> A {@code Backprop}, one node on the way back, and {@code Ops}, which
 * writes expressions.
 *
 * <p><b>What leaves.</b> Gradients of the node's inputs, written as their formulas: {@link
 * FunctionRules} has a line for each function of one variable, {@link MathRules} for arithmetic
 * with broadcasting. Where TensorFlow's kernel is wrong or missing a rule gives other ops: {@link
 * DilatedConvolution}, {@link GroupedConvolution}, {@link Conv2DGradient}. Where it is slow on some
 * processors only, the trainer rewrites its step's graph. {@link GatherBack} is the way back of all
 * that look rows up.
 *
 * <p><b>Who calls whom.</b> {@link AllRules} makes the one book that the engine is given: it lets
 * each class add its rules, and adds TensorFlow's own C++ rules ({@link HarvestedRule}) where those
 * were checked against differences of values.
 *
 * <p>A class has {@code addTo(RuleBook)} and says there of which inputs its ops pass nothing. Its
 * test, {@code XRulesTest}, holds cases for which {@code RuleContract} compares with differences of
 * values in several ways, and GradientListTest writes the list of ops that the preflight reads.
 *
 * <p>Rules call the engine's tools and never each other's nodes; nobody but {@link AllRules} calls
 * them.
 *
 * <p><b>The invariant.</b> A rule adds no node for a gradient that nobody wants, and gives none it
 * did not check.
 */
@NullMarked
package dev.graft.autodiff.internal.rules;

import org.jspecify.annotations.NullMarked;
