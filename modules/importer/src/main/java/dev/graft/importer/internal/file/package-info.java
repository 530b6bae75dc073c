/**
 * The files of a SavedModel: found, bounded, and told apart from what only looks like one.
 *
 * <p><b>What enters.</b> A path.
 *
 * <p><b>What leaves.</b> A {@link SavedModelFolder}: {@code saved_model.pb}, parsed within bounds,
 * the checkpoint if there is one, the assets, and what Graft wrote beside them. {@link MetaGraphs}
 * chooses one of its graphs by its tags.
 *
 * <p>Where there is no SavedModel, {@link ForeignFile} says what there is instead (an .h5, a
 * .keras, a TFLite file, a frozen graph) and which lines of Python make a SavedModel of it. {@link
 * ForeignOps} refuses ops that TensorFlow lacks or has no kernel for, and says whose they are.
 *
 * <p><b>Who calls whom.</b> {@code dev.graft.importer} asks for these first; nothing here knows
 * what a layer or a signature is.
 *
 * <p>Pipes, devices and links out of the folder are refused before they are opened, an asset
 * outside its folder before it is named.
 *
 * <p><b>The invariant.</b> No byte of a file becomes a name of another file before it is seen that
 * this lies in the model's own folder.
 */
@NullMarked
package dev.graft.importer.internal.file;

import org.jspecify.annotations.NullMarked;
