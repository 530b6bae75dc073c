package dev.graft.trainer.optimizer;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import java.util.ArrayList;
import java.util.List;

/** How gradients that are too large are cut down, as Keras does it. */
public sealed interface Clipping {

  /** {@code gradients} cut down. */
  @Internal
  List<Gradient> apply(Scope g, List<Gradient> gradients);

  /** Not at all. */
  static Clipping none() {
    return new None();
  }

  /** Each number to {@code -limit..limit}. */
  static Clipping byValue(double limit) {
    return new ByValue(limit);
  }

  /** Each variable's gradient to a Euclidean norm of at most {@code limit}. */
  static Clipping byNorm(double limit) {
    return new ByNorm(limit);
  }

  /** All gradients together to a Euclidean norm of at most {@code limit}. */
  static Clipping byGlobalNorm(double limit) {
    return new ByGlobalNorm(limit);
  }

  /** See {@link #none}. */
  record None() implements Clipping {
    @Internal
    @Override
    public List<Gradient> apply(Scope g, List<Gradient> gradients) {
      return gradients;
    }
  }

  /** See {@link #byValue}. */
  record ByValue(double limit) implements Clipping {
    public ByValue {
      check(limit);
    }

    @Internal
    @Override
    public List<Gradient> apply(Scope g, List<Gradient> gradients) {
      return gradients.stream()
          .map(
              gradient ->
                  Gradients.map(
                      gradient,
                      x ->
                          g.add("ClipByValue", x, g.scalarLike(x, -limit), g.scalarLike(x, limit))))
          .toList();
    }
  }

  /** See {@link #byNorm}. */
  record ByNorm(double limit) implements Clipping {
    public ByNorm {
      check(limit);
    }

    @Internal
    @Override
    public List<Gradient> apply(Scope g, List<Gradient> gradients) {
      return gradients.stream()
          .map(
              gradient ->
                  Gradients.map(
                      gradient,
                      x -> {
                        TensorRef norm = g.add("Sqrt", sumOfSquares(g, x));
                        TensorRef most = g.scalarLike(norm, limit);
                        TensorRef longer = g.add("Maximum", norm, most);
                        return g.add("RealDiv", g.add("Mul", x, most), longer);
                      }))
          .toList();
    }
  }

  /** See {@link #byGlobalNorm}. */
  record ByGlobalNorm(double limit) implements Clipping {
    public ByGlobalNorm {
      check(limit);
    }

    @Internal
    @Override
    public List<Gradient> apply(Scope g, List<Gradient> gradients) {
      if (gradients.isEmpty()) {
        return gradients;
      }
      List<TensorRef> squares = new ArrayList<>();
      TensorRef first = Gradients.numbers(gradients.get(0));
      for (Gradient gradient : gradients) {
        TensorRef square = sumOfSquares(g, Gradients.numbers(gradient));
        squares.add(g.cast(square, g.editor().dtype(first)));
      }
      TensorRef norm = g.add("Sqrt", g.addList("AddN", squares));
      TensorRef most = g.scalarLike(norm, limit);
      TensorRef scale = g.add("RealDiv", most, g.add("Maximum", norm, most));
      return gradients.stream()
          .map(
              gradient ->
                  Gradients.map(gradient, x -> g.add("Mul", x, g.cast(scale, g.editor().dtype(x)))))
          .toList();
    }
  }

  private static TensorRef sumOfSquares(Scope g, TensorRef x) {
    TensorRef flat = g.add("Reshape", g.add("Square", x), g.ints(-1));
    return g.add("Sum", flat, g.ints(0));
  }

  private static void check(double limit) {
    if (!(limit > 0)) {
      throw new BadRequestException(
          "gradients are clipped to a positive limit, not " + limit + ".");
    }
  }
}
