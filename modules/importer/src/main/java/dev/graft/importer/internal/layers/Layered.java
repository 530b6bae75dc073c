package dev.graft.importer.internal.layers;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.Graph;
import dev.graft.model.Layer;

/**
 * A graph and its layers.
 *
 * @param graph the graph, in which each layer has a place
 * @param layers the outermost layers
 */
public record Layered(Graph graph, ImmutableList<Layer> layers) {}
