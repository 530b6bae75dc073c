/**
 * How far gradients get, found out from the graph before anything runs.
 *
 * <p><b>What enters.</b> A graph with what to differentiate and what by.
 *
 * <p><b>What leaves.</b> For each variable an answer: reached, cut off by an obstacle, or without
 * influence.
 *
 * <p><b>Who calls whom.</b> {@link GradientPaths} walks back as the engine does, through bodies of
 * loops and branches, but asks the committed list of ops ({@code gradients.txt}) and builds
 * nothing; what it meets that lets no gradient pass is an obstacle. {@link GradientEnds} says for
 * variables that none gets to where the path ended as TensorFlow has it: at a StopGradient, at an
 * op that rounds. {@link FreezeWords} says in the words of selections which variables to freeze
 * then.
 *
 * <p>{@code PreflightCheck} calls these three and makes the value {@code Preflight} of what they
 * say.
 *
 * <p>The list knows ops and inputs, not attributes: a rule that passes a gradient or not by what
 * its attributes say cannot be told apart here.
 *
 * <p><b>The invariant.</b> Where this says that a gradient arrives, the engine gives one, and the
 * other way round.
 */
@NullMarked
package dev.graft.autodiff.internal.preflight;

import org.jspecify.annotations.NullMarked;
