/**
 * Who hears of a training, and who may end it.
 *
 * <p><b>What enters.</b> {@link dev.graft.trainer.listener.TrainingEvent}s from the beginning to
 * the end: {@link dev.graft.trainer.listener.Progress}, {@link dev.graft.trainer.listener.Step}s,
 * {@link dev.graft.trainer.listener.Epoch}s, {@link dev.graft.trainer.listener.Decision}s,
 * checkpoints.
 *
 * <p><b>What leaves.</b> Calls of {@link dev.graft.trainer.listener.TrainingListener}s, and files:
 * {@link dev.graft.trainer.listener.CsvLog} writes a table, {@link
 * dev.graft.trainer.listener.TensorBoardLog} TensorBoard's files. {@code ReadingProgress} tells of
 * the reading of files, before there is a training.
 *
 * <p><b>Who calls whom.</b> A {@code Watch} hands each event to all who listen, and asks the {@link
 * dev.graft.trainer.listener.CancellationToken} before each unit of work whether to go on. Nobody
 * here knows who trains.
 *
 * <p><b>The invariant.</b> Who listens only listens: one that throws is told of once and left out
 * of nothing else. Only the token and an interrupt end a training, between two steps, with a
 * checkpoint.
 */
@NullMarked
package dev.graft.trainer.listener;

import org.jspecify.annotations.NullMarked;
