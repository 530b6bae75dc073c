/**
 * The graph without what only training or Python needs, with the order of effects kept.
 *
 * <p>A flat graph enters, as functions were put in place; a graph leaves in which each node is
 * there for an answer or for an effect.
 *
 * <p>{@link SettledBranches} goes first: where a Switch asks a constant, the branch that runs is
 * taken. {@link Effects} says which nodes do more than compute, and which of them have to run in
 * order; {@link CleanGraph} takes out waiting for all others, and brings nodes into the form in
 * which any machine runs them ({@link Normalization}). Of layers that the file does not list,
 * {@link InferredBatchNorm} tells the behaviour in training and {@link EmbeddingMasks} what the
 * graph shows of padding.
 *
 * <p>{@code dev.graft.importer} calls these in that order; the training functions of layers pass
 * through {@link CleanGraph}, too. Which ops reach beyond the model they ask {@code trust}.
 *
 * <p>The one invariant: every signature answers as before, and what had an effect has it, in the
 * same order.
 */
@NullMarked
package dev.graft.importer.internal.clean;

import org.jspecify.annotations.NullMarked;
