/**
 * Who watches a piece of work: is told how it goes, and may hold or end it.
 *
 * <p><b>What enters.</b> {@code TrainOptions}: listeners and a token.
 *
 * <p><b>What leaves.</b> Events for the listeners, and a {@code CancellationException} where the
 * work is to end.
 *
 * <p><b>Who calls whom.</b> {@code fit} and {@code score} make a {@link
 * dev.graft.trainer.internal.watch.Watch} and hand it to all that takes long. That counts with a
 * {@link dev.graft.trainer.internal.watch.Pace}, which tells how fast it goes and asks before each
 * unit whether to go on. {@link dev.graft.trainer.internal.watch.Interruption} makes one exception
 * of all ways to end: an interrupted thread, a closed runtime, a cancellation.
 *
 * <p><b>The invariant.</b> Work ends between two of its units or not at all, and never by a
 * listener.
 */
@NullMarked
package dev.graft.trainer.internal.watch;

import org.jspecify.annotations.NullMarked;
