/**
 * TensorFlow's ops as Graft knows them: their declarations, which gradients exist, and what kinds
 * of ops there are.
 *
 * <p><b>What enters.</b> Nothing but resources of this package: {@code ops.pb}, TensorFlow's
 * registry, {@code gradients.txt}, the list that the rules of automatic differentiation write
 * (GradientListTest), and {@code since.txt}, what is newer than TensorFlow 2.3 (tools/ops). So no
 * native code is needed to know an op.
 *
 * <p><b>What leaves.</b> Answers: {@link OpRegistry} gives arguments, attributes and their
 * defaults, dtypes of outputs, and whether an op is stateful; {@link GradientSupport}, for the
 * preflight, where a gradient passes. {@link OpKinds} holds the few lists of ops that several
 * stages read in the same sense; a list that one class alone reads stays in that class. {@link
 * OpHistory} tells the exporter which TensorFlow a graph needs.
 *
 * <p><b>Who calls whom.</b> {@code dev.graft.graph} asks the registry while it builds nodes; the
 * importer asks it what it may believe, the surgeon and automatic differentiation what an op does.
 *
 * <p><b>The invariant.</b> The lists here are TensorFlow 2.18's, and tests hold them against the
 * native registry and against the rules.
 */
@NullMarked
package dev.graft.graph.op;

import org.jspecify.annotations.NullMarked;
