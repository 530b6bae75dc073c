package dev.graft.autodiff.gradient;

import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;

/** The derivative of the result with respect to one tensor, as tensors of the graph. */
@Internal
public sealed interface Gradient {

  /**
   * A tensor of the shape and dtype of what it belongs to.
   *
   * @param value the gradient
   */
  record Dense(TensorRef value) implements Gradient {}

  /**
   * TensorFlow's IndexedSlices: what an embedding look-up gives back. All rows that are not named
   * are zero; a row that is named several times is the sum.
   *
   * @param indices int32 or int64 [n]: which rows along the first dimension
   * @param values [n, ...]: their gradients
   * @param denseShape int32 [rank]: the shape of the whole
   */
  record Sparse(TensorRef indices, TensorRef values, TensorRef denseShape) implements Gradient {}
}
