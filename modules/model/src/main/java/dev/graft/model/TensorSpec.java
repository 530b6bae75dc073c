package dev.graft.model;

import dev.graft.graph.TensorRef;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;

/**
 * A tensor of the graph as a signature shows it.
 *
 * @param tensor which tensor
 * @param dtype its dtype
 * @param shape its shape as far as it is known before the graph runs
 */
public record TensorSpec(TensorRef tensor, DType dtype, Shape shape) {}
