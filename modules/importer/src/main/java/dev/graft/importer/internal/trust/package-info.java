/**
 * What of a file reaches the machine it runs on, judged before anything is read on.
 *
 * <p><b>What enters.</b> A MetaGraph and its entries.
 *
 * <p><b>What leaves.</b> A {@link TrustVerdict}: what initialization and restoring do beyond the
 * model, and what each signature does.
 *
 * <p><b>Who calls whom.</b> {@link ServingCopy} takes from the raw graph what the entries, the init
 * op and the restore op reach: this, and nothing else, TensorFlow's loader is given, and this is
 * judged. {@link Judgement} walks it, functions included, and follows with {@link JudgedScope} what
 * is {@link Known} of each tensor, such as the place of the model's own assets. {@link
 * OwnVariables} tells which handles can hold nothing else, {@link HiddenValues} finds values where
 * none should be, {@link RefWrites} what changes under others that read it, {@link ResourceHandles}
 * handles that are computed on.
 *
 * <p>Before all of this {@link SingleTensors} refuses functions whose inputs cannot be counted, and
 * {@link PlainAttributes}, {@link BoundedRows}, {@link BoundedBoxes} and {@link SeparatePads}
 * change the graph: they take out what tells TensorFlow how to run it, bound what two kernels
 * believe ({@link RowBounds}), and keep pads out of another, by {@link AddedNodes} in a {@link
 * NodeChain}. {@link FusedNorms} looks at the flat graph, with the {@link HeldShapes} of weights,
 * and at that graph with all that is {@link LaidOver} it in training.
 *
 * <p>{@link MachineOps} and {@link HarmlessOps} hold the lists. An op is harmless by being listed;
 * what nobody has read needs trust.
 *
 * <p>The importer calls this once for each file, and once more, with the same {@link Judgement},
 * for what was laid over the model.
 *
 * <p><b>The invariant.</b> Of what is not understood nothing is known, and nothing known means not
 * excused.
 */
@NullMarked
package dev.graft.importer.internal.trust;

import org.jspecify.annotations.NullMarked;
