package dev.graft.autodiff.internal.engine;

import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.Map;

/**
 * What is known about the shapes of a graph's tensors before it runs. Rules use it to leave out
 * work that would only confirm it; a tensor that it does not know has the unknown shape. Sizes may
 * have names, see {@link NamedShapes}.
 */
@FunctionalInterface
public interface Shapes {

  /** Nothing is known. */
  Shapes NONE = tensor -> Shape.unknown();

  /** The shapes of {@code known}. */
  static Shapes of(Map<TensorRef, Shape> known) {
    return tensor -> known.getOrDefault(tensor, Shape.unknown());
  }

  /** The shape of {@code tensor} as far as it is known. */
  Shape of(TensorRef tensor);
}
