/**
 * What lets a killed run go on to the bit.
 *
 * <p><b>What enters.</b> Where a training stands: a {@link dev.graft.trainer.checkpoint.Checkpoint}
 * with the stage, the weights kept so far, the decisions, and within a stage a {@link
 * dev.graft.trainer.checkpoint.LoopState} with its {@link dev.graft.trainer.checkpoint.Counters}.
 *
 * <p><b>What leaves.</b> Files in TensorFlow's checkpoint format, the newest two; and, when a run
 * begins, the newest whole one.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.trainer.checkpoint.Checkpoints} among the options say
 * where and how often. {@code fit} opens them as a {@link
 * dev.graft.trainer.checkpoint.CheckpointFolder}, asks it for the newest at the start and saves to
 * it; a {@link dev.graft.trainer.checkpoint.RunIdentity} of model, data, recipe and machine says
 * whether it is this run's. A damaged one is told of and passed over.
 *
 * <p><b>The counters.</b> Batches seen, updates made, the position in the schedule and the random
 * numbers drawn are four numbers: an update may be left out, and then they part.
 *
 * <p>By what a loss is multiplied, where gradients pass through float16, is a {@link
 * dev.graft.trainer.checkpoint.LossScale}, which updates that are left out make smaller.
 *
 * <p><b>The invariant.</b> A checkpoint appears whole or not at all, through to the disk, and never
 * takes the last good one with it.
 */
@NullMarked
package dev.graft.trainer.checkpoint;

import org.jspecify.annotations.NullMarked;
