/**
 * Who hears of a training, and who may end it.
 *
 * <p><b>What enters.</b> What happens: progress, steps, epochs, decisions.
 *
 * <p><b>What leaves.</b> Calls of the user's listeners, and files: {@link
 * dev.graft.trainer.listener.CsvLog} writes a table, {@link
 * dev.graft.trainer.listener.TensorBoardLog} TensorBoard's files.
 *
 * <p><b>Who calls whom.</b> {@code fit}, {@code score} and the features report to a {@code Pace}
 * (beside the task), which knows how fast they go and asks before each unit whether to go on;
 * {@link dev.graft.trainer.listener.Callbacks} hands each event to all who listen. {@link
 * dev.graft.trainer.listener.Interruption} makes one exception of all ways to end: an interrupted
 * thread, a closed runtime, a cancellation.
 *
 * <p><b>The invariant.</b> Who listens cannot harm: one that throws is told of once and left out of
 * nothing else. Only cancelling ends a training, and it ends between two steps, with a checkpoint.
 */
@NullMarked
package dev.graft.trainer.listener;

import org.jspecify.annotations.NullMarked;
