/**
 * The layers that a graph was made from, found by metadata, objects or names.
 *
 * <p><b>What enters.</b> The clean graph with one signature ({@link LayerTensors}), the variables,
 * and what Keras noted ({@link KerasNotes}).
 *
 * <p><b>What leaves.</b> {@link Layered}: the outermost layers, and the graph in which each of them
 * has a node.
 *
 * <p><b>Who calls whom.</b> {@link KerasLayers} reads the tree of Keras 2, a {@link Network} in
 * another, each layer {@link Placed} by its calls: {@link LayerObjects} says which objects are
 * layers and what is inside them, {@link LayerInfos} and {@link KerasMetadata} what they are
 * called, {@link LayerScopes} and {@link LayerTensors} where their calls stand. {@link
 * SilentLayers} gives a node to those that act in training only. Of other files {@link ScopeLayers}
 * reads layers from the names of nodes and variables, with {@link LayerClass} and {@link
 * KerasClasses} for their classes.
 *
 * <p>{@link KerasTraining} finds the function that a layer runs in training, and by {@link
 * GpuTwins} the one that it runs on a GPU; {@link LayerPlace} and {@link Match} bring it into the
 * form of the layer's place, when it is first asked for. {@link LayerBehaviour} recognises dropout
 * and BatchNorm, {@link Author} says what wrote the file.
 *
 * <p><b>The invariant.</b> Layers describe the graph and never change what it answers; a layer that
 * is not understood costs its name or its class, not the model.
 */
@NullMarked
package dev.graft.importer.internal.layers;

import org.jspecify.annotations.NullMarked;
