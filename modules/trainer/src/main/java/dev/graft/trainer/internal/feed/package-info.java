/**
 * How the steps of a training get their batches.
 *
 * <p><b>What enters.</b> The graph of a step, the task, the device, and the examples of the coming
 * runs by their numbers.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.trainer.internal.feed.Feed}: for each run what is to be
 * fed for its batch, which may be nothing where the batch is on the device already.
 *
 * <p><b>Who calls whom.</b> A session of a stage asks {@link
 * dev.graft.trainer.internal.feed.Feeding} for the way; it may change the graph ({@code Staging},
 * {@code Residence}, within the {@code Share} of its memory that they may take). What takes steps
 * opens it and takes batch after batch: from Java's memory ({@code FromHost}), from a queue on the
 * device that a thread fills ({@code Staged}), or from all examples, which lie there ({@code
 * Resident}); where the device has no room for these after all, the session asks for another way.
 * Where a batch is fed by hand, to score or to find out what is wrong with it, {@link
 * dev.graft.trainer.internal.feed.BatchTensors} says where.
 *
 * <p><b>The invariant.</b> The same batches in the same order, whichever way, so that a training
 * ends with the same bits; and a run is only begun once its batch is there, since taking one from
 * an empty queue cannot be stopped.
 */
@NullMarked
package dev.graft.trainer.internal.feed;

import org.jspecify.annotations.NullMarked;
