/**
 * Scores and answers of a model on examples.
 *
 * <p><b>What enters.</b> A runtime, a model, examples and a recipe, of which the objectives and the
 * room for examples count.
 *
 * <p><b>What leaves.</b> An {@link dev.graft.trainer.metric.Evaluation} ({@link
 * dev.graft.trainer.score.Evaluator}), or the outputs of the serving signature ({@link
 * dev.graft.trainer.score.Predictor}), or what a head reads ({@link
 * dev.graft.trainer.score.FeatureReader}).
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.trainer.score.Scoring} adds to a graph what a task's
 * losses and metrics are made of, runs it batch by batch and adds up; {@code fit} adds the same
 * nodes to the graph in which it trains, so that there is one way to score. {@code Evaluator} opens
 * a session of its own for it. {@code FrozenPart} hands both, {@code Evaluator} and {@code
 * Predictor}, what other runs have kept of examples, or keeps it.
 *
 * <p><b>The invariant.</b> Scoring changes nothing: random layers are as in inference, and no
 * variable is assigned.
 */
@NullMarked
package dev.graft.trainer.score;

import org.jspecify.annotations.NullMarked;
