/**
 * What does not change while the layers behind it train, computed once.
 *
 * <p><b>What enters.</b> A task's binding of inputs, the parts of the data, and what trains.
 *
 * <p><b>What leaves.</b> Datasets whose inputs are features at a cut, {@link
 * dev.graft.trainer.internal.features.CachedFeatures.Part}.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.trainer.internal.features.FeaturePlan} says by the
 * {@link dev.graft.trainer.internal.features.Room} that there is which cuts ({@link
 * dev.graft.trainer.internal.cut.Frontier}) are kept and where, and {@code CachedFeatures} computes
 * them by {@link dev.graft.trainer.internal.features.Features}, one run over the examples for all
 * of them, which leaves out those whose features are in {@link
 * dev.graft.trainer.store.FeatureStore} and puts the others where {@link
 * dev.graft.trainer.internal.features.FeatureSpace} says, memory or a file; how many are there is
 * told before by {@code CachedFeatures.Kept}. Pictures whose features have no room are decoded
 * beside the steps, each once, by {@link dev.graft.trainer.internal.features.DecodedRows}. {@link
 * dev.graft.trainer.internal.features.NoNumbers} says where a NaN came from. {@code OwnRows} checks
 * that a row is of its example alone. {@code internal.mixed} has what TensorFlow runs. {@link
 * dev.graft.trainer.internal.features.DecodedPictures} checks that pictures can be decoded, and
 * names those that cannot.
 *
 * <p><b>The invariant.</b> Trained on features or on the examples themselves, the numbers are the
 * same up to rounding: features come from {@code FrozenForm}, which leaves out what only gradients
 * need. In bfloat16 it is bfloat16's rounding, and what is fed is the same to the bit whether it
 * was computed or kept.
 */
@NullMarked
package dev.graft.trainer.internal.features;

import org.jspecify.annotations.NullMarked;
