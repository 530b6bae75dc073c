/**
 * The object graph of a SavedModel and its structured values, read and written.
 *
 * <p>The messages {@code SavedObjectGraph} and {@code StructuredValue} enter when a model is read,
 * and leave when one is written. Python builds objects of them: layers, variables, functions,
 * tables.
 *
 * <p>{@link ObjectGraph} reads: children by name, lists, the checkpoint key of each variable.
 * {@link ObjectGraphWriter} writes the tree twice, as a SavedModel has it, into the model and into
 * its checkpoint. {@link Structures} reads nested Python values, {@link StructureWriter} writes
 * them, {@link SignatureDefs} declares signatures in plain tensors.
 *
 * <p>The importer asks for layers, captures and traces; the exporter makes the view that {@code
 * tf.saved_model.load} shows in Python. Neither knows the other: they meet in this format.
 *
 * <p>Numbers of objects come from the file, and so do the edges between them: every one is checked
 * where it is followed, and walks are bounded.
 *
 * <p>The one invariant: reading what was written gives the same tree, with the same names.
 */
@NullMarked
package dev.graft.savedmodel.objects;

import org.jspecify.annotations.NullMarked;
