/**
 * The edits a user asks for by name, made here and read again from a record.
 *
 * <p><b>What enters.</b> Arguments: a {@code Where}, a {@code HeadSpec}, numbers.
 *
 * <p><b>What leaves.</b> An {@code Edit}, which a model is given with {@code Model.with}.
 *
 * <p><b>Who calls whom.</b> {@link Edits} is the list of all of them, a factory each. {@link
 * Replay} reads the steps of a model's provenance and makes the same edits again, so that a model
 * can be made anew from its original. The small ones stand here: {@link SetTrainable}, {@link
 * TrainOnly}, {@link Reinitialize}, {@link SetStatistics}, {@link KeepOutputs}, {@link Cut}, {@link
 * Between}, {@link PruneEdit}. Heads and pictures are in rooms of their own under {@code internal}.
 *
 * <p>A new edit is a class with {@code apply}, {@code operation} and {@code arguments}, a factory
 * in {@link Edits} and a line in {@link Replay}; an option of the command line if users ask for it
 * there.
 *
 * <p>Edits call {@code internal.analysis} and each other's results, never each other.
 *
 * <p><b>The invariant.</b> An edit and what {@link Replay} makes of its record do the same to the
 * same model.
 */
@NullMarked
package dev.graft.surgeon.edit;

import org.jspecify.annotations.NullMarked;
