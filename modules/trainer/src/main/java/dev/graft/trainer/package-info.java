/**
 * The settings of a training, and what it gives.
 *
 * <p><b>What enters.</b> A {@link dev.graft.trainer.Recipe} says how to train: the head first, then
 * stages, each a {@link dev.graft.trainer.FineTune} with its rate, batch, optimizer and {@link
 * dev.graft.trainer.EarlyStop}. Recipes are values; each method gives another one.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.trainer.Run} holds the trained model, its score on the
 * validation part, what was decided and how long it took; a {@link dev.graft.trainer.RateCurve}
 * what a search for a rate found.
 *
 * <p><b>Who calls whom.</b> The rooms {@code loss}, {@code optimizer}, {@code metric} and {@code
 * listener} hold the values that a recipe is made of and know nothing of it. {@code fit} trains,
 * {@code score} scores, {@code checkpoint} remembers; all of them read recipes. Inside, {@code
 * internal.task} says what is trained, {@code internal.graph} gives a graph the behaviour of
 * training, {@code internal.step} adds the step, {@code internal.features} computes once what does
 * not change, {@code internal.head} solves heads.
 *
 * <p><b>The invariant.</b> Every choice is made on the validation part, and every choice that was
 * made for the user is told with its reason. The test part is not looked at.
 */
@NullMarked
package dev.graft.trainer;

import org.jspecify.annotations.NullMarked;
