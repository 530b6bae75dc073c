package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.gradient.NoGradientException;
import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import java.util.List;

/** The singular value decomposition. */
final class DecompositionRules {

  private DecompositionRules() {}

  static void addTo(RuleBook rules) {
    rules.add("Svd", DecompositionRules::singularValues);
  }

  /**
   * J. Townsend, Differentiating the singular value decomposition, 2016; of distinct singular
   * values, and where vectors are asked about of real matrices, without the further columns of
   * {@code full_matrices}.
   */
  private static void singularValues(Backprop op, Ops t) {
    boolean vectors = op.has(1) || op.has(2);
    if (vectors && (DType.of(t.dtype(op.in(0))).isComplex() || hasFurtherColumns(op, t))) {
      throw new NoGradientException(op.node());
    }
    boolean thin = op.flag("compute_uv") && !op.flag("full_matrices");
    List<TensorRef> parts =
        thin || vectors
            ? List.of(op.out(0), op.out(1), op.out(2))
            : t.op("Svd")
                .input(op.in(0))
                .attr("compute_uv", true)
                .attr("full_matrices", false)
                .outputs();
    TensorRef s = parts.get(0);
    TensorRef u = parts.get(1);
    TensorRef v = parts.get(2);
    TensorRef rows = // what stands between u and the transpose of v, times u
        op.has(0) ? t.mul(u, t.cast(t.expandDims(op.dy(0), -2), t.dtype(u))) : t.zerosLike(u);
    if (!vectors) {
      op.give(0, MatrixRules.product(rows, v, false, true, t));
      return;
    }
    TensorRef squares = t.square(s);
    TensorRef gaps = t.sub(t.expandDims(squares, -2), t.expandDims(squares, -1));
    TensorRef f = t.call("DivNoNan", t.scalarLike(gaps, 1), gaps);
    TensorRef inverse = t.expandDims(t.call("DivNoNan", t.scalarLike(s, 1), s), -2);
    if (op.has(1)) {
      TensorRef w = MatrixRules.product(u, op.dy(1), true, false, t);
      TensorRef turned = MatrixRules.product(u, t.mul(f, skew(w, t)), false, false, t);
      rows = t.add(rows, t.mul(turned, t.expandDims(s, -2)));
      rows = t.add(rows, t.mul(outside(op.dy(1), u, w, t), inverse));
    }
    TensorRef gradient = MatrixRules.product(rows, v, false, true, t);
    if (op.has(2)) {
      TensorRef w = MatrixRules.product(v, op.dy(2), true, false, t);
      TensorRef turned = t.mul(t.expandDims(s, -1), t.mul(f, skew(w, t)));
      TensorRef inner = MatrixRules.product(u, turned, false, false, t);
      gradient = t.add(gradient, MatrixRules.product(inner, v, false, true, t));
      TensorRef beside = t.mul(outside(op.dy(2), v, w, t), inverse);
      gradient = t.add(gradient, MatrixRules.product(u, beside, false, true, t));
    }
    op.give(0, gradient);
  }

  private static boolean hasFurtherColumns(Backprop op, Ops t) {
    Shape shape = t.shapeOf(op.in(0));
    return op.flag("full_matrices")
        && !(shape.rank() >= 2 && shape.dim(-1) >= 0 && shape.dim(-1) == shape.dim(-2));
  }

  private static TensorRef skew(TensorRef square, Ops t) {
    return t.sub(square, MatrixRules.adjoint(square, t));
  }

  /** The part of {@code d} outside of what the columns of {@code basis} span. */
  private static TensorRef outside(TensorRef d, TensorRef basis, TensorRef w, Ops t) {
    return t.sub(d, MatrixRules.product(basis, w, false, false, t));
  }
}
