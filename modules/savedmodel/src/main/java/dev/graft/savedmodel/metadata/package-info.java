/**
 * {@code graft.json}: what a model of Graft's knows beside what a SavedModel can say.
 *
 * <p><b>What enters.</b> A {@code Model} at the export ({@link MetadataWriter}); at the import its
 * text again ({@link MetadataReader}).
 *
 * <p><b>What leaves.</b> The text; and the model that the importer found with that laid over it:
 * labels, heads, what inputs expect, layers, behaviour in training, provenance.
 *
 * <p><b>Who calls whom.</b> {@link ModelMetadata} is the door, for the exporter and for the
 * importer. It tells the importer beforehand which nodes the text names, so that these stay in the
 * graph, and which functions it needs.
 *
 * <p>The file can be changed by anybody who can change the model. So it is believed in what it says
 * of the model's meaning, and in nothing that the graph itself can be asked: shapes and dtypes are
 * the graph's, and what the training functions do is judged like the rest of the model.
 *
 * <p><b>The invariant.</b> What is written is read again as it was, of any version since the first;
 * a field that is not known is left alone, and one that is wrong is refused.
 */
@NullMarked
package dev.graft.savedmodel.metadata;

import org.jspecify.annotations.NullMarked;
