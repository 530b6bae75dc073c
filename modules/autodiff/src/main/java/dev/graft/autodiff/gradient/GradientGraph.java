package dev.graft.autodiff.gradient;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;

/**
 * A graph with its gradients in it. All that the original graph had is still there under its own
 * name; loops on the way carry further outputs behind those they had.
 *
 * @param graph the original nodes and, under {@code gradients/}, those that compute the gradients
 * @param gradients the gradient for each tensor or variable handle asked for; one that has no
 *     influence on the result has no entry
 */
@Internal
public record GradientGraph(Graph graph, ImmutableMap<TensorRef, Gradient> gradients) {}
