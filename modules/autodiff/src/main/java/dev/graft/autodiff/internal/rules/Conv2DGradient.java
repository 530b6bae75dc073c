package dev.graft.autodiff.internal.rules;

import dev.graft.graph.TensorRef;

/** The two gradients of a Conv2D, for its own tensors or for a group of their channels. */
interface Conv2DGradient {

  TensorRef ofInput(TensorRef x, TensorRef filter, TensorRef dy);

  TensorRef ofFilter(TensorRef x, TensorRef filter, TensorRef dy);
}
