package dev.graft.importer.internal.layers;

import dev.graft.savedmodel.objects.ObjectGraph;

/**
 * What Keras 2 noted of a model's layers.
 *
 * @param objects an object for each layer
 * @param metadata its name, class and configuration
 * @param training its function for training
 */
public record KerasNotes(ObjectGraph objects, KerasMetadata metadata, KerasTraining training) {}
