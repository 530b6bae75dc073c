/**
 * {@code graft.json}: what a model of Graft's knows beside what a SavedModel can say.
 *
 * <p>A {@code Model} enters at the export and its text leaves ({@link MetadataWriter}); at the
 * import the text enters again and is laid over the model that the importer found ({@link
 * MetadataReader}): labels, heads, what inputs expect, layers, behaviour in training, provenance.
 *
 * <p>{@link ModelMetadata} is the door, for the exporter and for the importer. It tells the
 * importer beforehand which nodes the text names, so that these stay in the graph, and which
 * functions it needs.
 *
 * <p>The file can be changed by anybody who can change the model. So it is believed in what it says
 * of the model's meaning, and in nothing that the graph itself can be asked: shapes and dtypes are
 * the graph's, and what the training functions do is judged like the rest of the model.
 *
 * <p>The one invariant: what is written is read again as it was, of any version since the first; a
 * field that is not known is left alone, and one that is wrong is refused.
 */
@NullMarked
package dev.graft.savedmodel.metadata;

import org.jspecify.annotations.NullMarked;
