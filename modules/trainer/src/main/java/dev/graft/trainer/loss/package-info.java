/**
 * What a training makes small.
 *
 * <p><b>What enters.</b> An {@link dev.graft.trainer.loss.Objective} for a head, chosen by the user
 * or usual for its kind; {@link dev.graft.trainer.loss.Objectives} gathers them with their weights
 * and a {@link dev.graft.trainer.loss.Penalty}.
 *
 * <p><b>What leaves.</b> Nodes of a graph: {@code Losses} adds the formula of an objective, one
 * loss for each example.
 *
 * <p><b>Who calls whom.</b> {@code internal.task} makes a {@link dev.graft.trainer.loss.Goal} of a
 * head and its objective; goals over several heads and targets come in through {@link
 * dev.graft.trainer.loss.Objectives#with(Goal)}. {@code internal.step} and {@code score} ask a goal
 * for the heads that it reads, where its targets are fed, its losses and its metrics, and know
 * nothing of objectives; the one thing more that {@code score} asks is whether it is one head's,
 * since only then labels are told apart.
 *
 * <p><b>Adding one.</b> An objective is a record here and a formula in {@code Losses}; what it is
 * held against is {@code ObjectiveTest}, with golden values from Keras.
 *
 * <p><b>The invariant.</b> A formula is that of the Keras 2.15 loss of the same name on logits,
 * gradients included; where it is not, its Javadoc says so.
 */
@NullMarked
package dev.graft.trainer.loss;

import org.jspecify.annotations.NullMarked;
