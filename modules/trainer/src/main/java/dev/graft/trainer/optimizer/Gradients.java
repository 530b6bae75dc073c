package dev.graft.trainer.optimizer;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.error.Internal;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import java.util.List;
import java.util.function.UnaryOperator;

/** What is done to gradients, dense and sparse alike, before they are used. */
@Internal
public final class Gradients {

  private Gradients() {}

  /** The numbers of {@code gradient}: all of it, or those of the rows that it names. */
  public static TensorRef numbers(Gradient gradient) {
    return gradient instanceof Gradient.Dense dense
        ? dense.value()
        : ((Gradient.Sparse) gradient).values();
  }

  /** All tensors that make up {@code gradient}. */
  public static List<TensorRef> tensors(Gradient gradient) {
    return gradient instanceof Gradient.Sparse sparse
        ? List.of(sparse.indices(), sparse.values(), sparse.denseShape())
        : List.of(numbers(gradient));
  }

  /** {@code gradient} with its numbers changed; their shape and dtype stay. */
  public static Gradient map(Gradient gradient, UnaryOperator<TensorRef> change) {
    if (gradient instanceof Gradient.Dense dense) {
      return new Gradient.Dense(change.apply(dense.value()));
    }
    Gradient.Sparse sparse = (Gradient.Sparse) gradient;
    return new Gradient.Sparse(
        sparse.indices(), change.apply(sparse.values()), sparse.denseShape());
  }

  /** {@code gradient} of the whole weight, rows that were not named being zero. */
  public static TensorRef dense(Scope g, Gradient gradient) {
    if (gradient instanceof Gradient.Dense dense) {
      return dense.value();
    }
    Gradient.Sparse sparse = (Gradient.Sparse) gradient;
    TensorRef rows = g.at(sparse.denseShape(), 0);
    return g.add("UnsortedSegmentSum", sparse.values(), sparse.indices(), rows);
  }

  /** {@code gradient} with each row named once, its values summed up. */
  public static Gradient merged(Scope g, Gradient gradient) {
    if (!(gradient instanceof Gradient.Sparse sparse)) {
      return gradient;
    }
    List<TensorRef> unique = g.op("Unique").input(sparse.indices()).outputs();
    TensorRef count = g.add("Size", unique.get(0));
    TensorRef sums = g.add("UnsortedSegmentSum", sparse.values(), unique.get(1), count);
    return new Gradient.Sparse(unique.get(0), sums, sparse.denseShape());
  }
}
