/**
 * The ways to call a model, in the file's terms and in those of the flat graph.
 *
 * <p><b>What enters.</b> A MetaGraph.
 *
 * <p><b>What leaves.</b> {@link Entries}: signatures between tensors of the graph as it is in the
 * file, with the nodes that their calls need and the file does not hold. Behind the flattening
 * {@link FlatSignature} finds each of them again, and names the nodes that have to run for their
 * effects.
 *
 * <p><b>Who calls whom.</b> {@link EntryPoints} reads what the file declares. Where nothing there
 * takes anything (TF Hub), {@link RootFunctions} makes a signature of each function of the root
 * object, by its trace for inference. {@link CustomGradients} ties the gradients that an author
 * gave to the functions that they belong to, before anything is flattened.
 *
 * <p>{@code dev.graft.importer} asks for entries before the model is judged, since what is judged
 * is what can be called, and for flat signatures afterwards.
 *
 * <p>Sparse and composite tensors become several plain ones, under the name with a suffix.
 *
 * <p><b>The invariant.</b> A signature keeps its name and the names of its inputs and outputs all
 * the way, so that a client of the file is a client of the model.
 */
@NullMarked
package dev.graft.importer.internal.signature;

import org.jspecify.annotations.NullMarked;
