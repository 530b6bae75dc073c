/**
 * What an export is asked where nobody gives anything to ask: made-up inputs and pictures, and rows
 * put together in batches.
 *
 * <p><b>What enters.</b> A model, and the signature that is to be asked.
 *
 * <p><b>What leaves.</b> Values for its inputs, several kinds to be tried one after the other,
 * since not every model takes every text or picture: {@link
 * dev.graft.exporter.internal.sample.MadeUpInputs}, {@link
 * dev.graft.exporter.internal.sample.MadeUpPictures}. Of values that were given or made up {@link
 * dev.graft.exporter.internal.sample.BatchRows} takes as many rows as a batch is to have. {@link
 * dev.graft.exporter.internal.sample.Attempts} notes what was answered.
 *
 * <p><b>Who calls whom.</b> {@code OpenBatch} tries with these whether a graph takes several rows,
 * {@code Trial} what the export answers, and {@code Rehearsal} writes them as warm-up requests.
 *
 * <p><b>The invariant.</b> Nothing of it is the user's, so it may lie in an export for everybody to
 * read; and it is the same each time.
 */
@NullMarked
package dev.graft.exporter.internal.sample;

import org.jspecify.annotations.NullMarked;
