/**
 * The object graph of a SavedModel and its structured values, read and written.
 *
 * <p><b>What enters.</b> The messages {@code SavedObjectGraph} and {@code StructuredValue} when a
 * model is read, of which Python builds objects: layers, variables, functions, tables.
 *
 * <p><b>What leaves.</b> The same when one is written.
 *
 * <p><b>Who calls whom.</b> {@link ObjectGraph} reads: children by name, lists, the checkpoint key
 * of each variable. {@link ObjectGraphWriter} writes the tree twice, as a SavedModel has it, into
 * the model and into its checkpoint. {@link Structures} reads nested Python values, {@link
 * StructureWriter} writes them, {@link SignatureDefs} declares signatures in plain tensors.
 *
 * <p>The importer asks for layers, captures and traces; the exporter makes the view that {@code
 * tf.saved_model.load} shows in Python. Neither knows the other: they meet in this format.
 *
 * <p>Numbers of objects come from the file, and so do the edges between them: every one is checked
 * where it is followed, and walks are bounded.
 *
 * <p><b>The invariant.</b> Reading what was written gives the same tree, with the same names.
 */
@NullMarked
package dev.graft.savedmodel.objects;

import org.jspecify.annotations.NullMarked;
