/**
 * Features on disk, so that nothing is computed twice: not in the next run, not in a resumed one,
 * not where a model is scored whose frozen part is the same.
 *
 * <p><b>What enters.</b> The network that computes some tensors, as a {@link
 * dev.graft.trainer.store.FrozenDigest}, and examples as {@link dev.graft.trainer.store.RowDigest}s
 * of their bytes. <b>What leaves.</b> The rows of those examples that are there, and sentences
 * where something went wrong.
 *
 * <p><b>Who calls whom.</b> {@code internal.features} opens {@link
 * dev.graft.trainer.store.StoredFeatures} in a {@link dev.graft.trainer.store.FeatureStore}, which
 * has a folder for each {@code StoreKey} and makes room. {@code StoredRows} are one folder: files
 * that only grow, in blocks with checksums ({@code RowFile}), each written by one process, and
 * replaced by its whole blocks where something else is in it; {@link
 * dev.graft.trainer.store.RowForm} says what a row is and in which dtype it lies there.
 *
 * <p><b>The invariant.</b> A row that is found is the one that would be computed: everything that
 * it depends on is in its name, and what is not whole is not there. A store that cannot be used
 * costs a sentence, never a result.
 */
@NullMarked
package dev.graft.trainer.store;

import org.jspecify.annotations.NullMarked;
