/**
 * Reads a SavedModel of any vintage and gives a {@code Model}: one flat graph, its layers, its
 * variables, its signatures, and the training functions and losses that were saved with it. No
 * native code.
 *
 * <p><b>What enters.</b> A path, at {@link SavedModelImporter}, with {@link ImportOptions}.
 *
 * <p><b>What leaves.</b> An {@link ImportedModel}. Two others leave on the same road, after
 * judgement: {@link LoadableBundle}, which TensorFlow's own loader can be given, and the model with
 * its graph as it was, for comparison.
 *
 * <p>The path is followed through values, each made of those before it and never changed: {@link
 * MetaGraph} (one graph of the file, its foreign ops refused), {@link Weights} (what is remembered,
 * and where), {@link Contents} (these and what Keras and Graft noted), {@link Admitted} (the ways
 * to call it, after judgement), {@link Flat} (without calls, and with what runs once before, {@link
 * Initial}), {@link Clean} (without what says nothing), and {@link Assembly} finds the layers and
 * makes the model.
 *
 * <p><b>Who calls whom.</b> Each step calls one of the rooms under {@code internal}: {@code file},
 * {@code signature}, {@code weights}, {@code trust}, {@code clean}, {@code layers}; these do not
 * call back.
 *
 * <p><b>The invariant.</b> A file is judged, on exactly what TensorFlow would be given, before
 * anything is made of it; what is laid over it later is judged by the same list ({@link
 * MachineAccesses}), and for the same kernels ({@link Fusions}), what is for GPUs by itself ({@link
 * GpuForms}).
 */
@NullMarked
package dev.graft.importer;

import org.jspecify.annotations.NullMarked;
