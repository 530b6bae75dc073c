/**
 * Asks an exported model by one of its signatures.
 *
 * <p><b>What enters.</b> The signatures of a SavedModel that TensorFlow has opened, what is known
 * of the model ({@link dev.graft.internal.live.ServedFacts}), and {@code Example}s.
 *
 * <p><b>What leaves.</b> Typed answers of {@code dev.graft.answer}.
 *
 * <p><b>Who calls whom.</b> {@code LiveModel} chooses a {@link
 * dev.graft.internal.live.ServedSignature} when it opens and hands examples to {@link
 * dev.graft.internal.live.Asking}, which has {@link dev.graft.internal.live.Feed} make batches of
 * them, for which {@code Cast} brings numbers to the inputs' dtypes, and {@link
 * dev.graft.internal.live.Readout} tell what the outputs say. Before anybody else its {@code
 * FirstAnswer} asks, by the {@link dev.graft.internal.live.OwnRequest} that the version brings
 * along if it has one. {@link dev.graft.internal.live.RequestRecord} is a request in Flight
 * Recorder.
 *
 * <p><b>The invariant.</b> What a client gives fits its signature before TensorFlow sees it, or is
 * refused by name; an answer's order is that of the examples.
 */
@NullMarked
package dev.graft.internal.live;

import org.jspecify.annotations.NullMarked;
