/**
 * The graph without what only training or Python needs, with the order of effects kept.
 *
 * <p><b>What enters.</b> A flat graph, as functions were put in place.
 *
 * <p><b>What leaves.</b> A graph in which each node is there for an answer or for an effect.
 *
 * <p><b>Who calls whom.</b> {@link SettledBranches} goes first: where a Switch asks a constant, the
 * branch that runs is taken. {@link Effects} says which nodes do more than compute, and which of
 * them have to run in order; {@link CleanGraph} takes out waiting for all others, and brings nodes
 * into the form in which any machine runs them ({@link Normalization}). Of layers that the file
 * does not list, {@link InferredBatchNorm} tells the behaviour in training and {@link
 * EmbeddingMasks} what the graph shows of padding.
 *
 * <p>{@code dev.graft.importer} calls these in that order; the training functions of layers pass
 * through {@link CleanGraph}, too. Which ops reach beyond the model they ask {@code trust}.
 *
 * <p><b>The invariant.</b> Every signature answers as before, and what had an effect has it, in the
 * same order.
 */
@NullMarked
package dev.graft.importer.internal.clean;

import org.jspecify.annotations.NullMarked;
