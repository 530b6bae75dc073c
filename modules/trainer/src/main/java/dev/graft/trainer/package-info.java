/**
 * The settings of a training, and what it gives.
 *
 * <p><b>What enters.</b> A {@link dev.graft.trainer.Recipe} says how to train: the head first, then
 * stages, each a {@link dev.graft.trainer.FineTune} with its rate, batch, optimizer and {@link
 * dev.graft.trainer.EarlyStop}. {@link dev.graft.trainer.TrainOptions} are a recipe with who
 * listens, what may end it and its checkpoints. Both are values; each method gives another one.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.trainer.Run} holds the trained model, its score on the
 * validation part, what was decided and how long it took; a {@link dev.graft.trainer.RateCurve}
 * what a search for a rate found.
 *
 * <p><b>Who calls whom.</b> The rooms {@code loss}, {@code optimizer}, {@code metric}, {@code
 * listener} and {@code checkpoint} hold what recipes and options are made of and know nothing of
 * them. {@code fit} trains, {@code score} scores, by these options; {@code boxes} says how well
 * boxes are found, {@code store} keeps features for other runs. Inside, {@code internal.task} says
 * what is trained ({@code internal.boxes} for heads for boxes), {@code internal.watch} who is told
 * of it, {@code internal.graph} gives a graph the behaviour of training, {@code internal.mixed}
 * fewer digits, {@code internal.step} adds the step, {@code internal.feed} gets batches to it,
 * {@code internal.memory} finds out what has room, {@code internal.cut} where the frozen part ends,
 * {@code internal.features} computes once what does not change, {@code internal.head} solves heads.
 *
 * <p><b>The invariant.</b> Every choice is made on the validation part, and every choice that was
 * made for the user is told with its reason. The test part is not looked at.
 */
@NullMarked
package dev.graft.trainer;

import org.jspecify.annotations.NullMarked;
