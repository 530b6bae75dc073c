/**
 * The layers that a graph was made from, found by metadata, objects or names.
 *
 * <p>The clean graph enters with one signature ({@link LayerTensors}), the variables, and what
 * Keras noted ({@link KerasNotes}). {@link Layered} leaves: the outermost layers, and the graph in
 * which each of them has a node.
 *
 * <p>{@link KerasLayers} reads the tree of Keras 2: {@link LayerObjects} says which objects are
 * layers and what is inside them, {@link LayerInfos} and {@link KerasMetadata} what they are
 * called, {@link LayerScopes} and {@link LayerTensors} where their calls stand. {@link
 * SilentLayers} gives a node to those that act in training only. Of other files {@link ScopeLayers}
 * reads layers from the names of nodes and variables, with {@link LayerClass} and {@link
 * KerasClasses} for their classes.
 *
 * <p>{@link KerasTraining} finds the function that a layer runs in training; {@link LayerPlace} and
 * {@link Match} bring it into the form of the layer's place, when it is first asked for. {@link
 * LayerBehaviour} recognises dropout and BatchNorm, {@link Author} says what wrote the file.
 *
 * <p>The one invariant: layers describe the graph and never change what it answers; a layer that is
 * not understood costs its name or its class, not the model.
 */
@NullMarked
package dev.graft.importer.internal.layers;

import org.jspecify.annotations.NullMarked;
