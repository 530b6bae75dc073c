package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Broadcasting;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;

/** Products of matrices. */
final class LinearAlgebraRules {

  private LinearAlgebraRules() {}

  static void addTo(RuleBook rules) {
    rules.add("MatMul", LinearAlgebraRules::matMul);
    rules.add(LinearAlgebraRules::batchMatMul, "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3");
  }

  private static void matMul(Backprop op, Ops t) {
    boolean ta = op.flag("transpose_a");
    boolean tb = op.flag("transpose_b");
    TensorRef a = t.conj(op.in(0));
    TensorRef b = t.conj(op.in(1));
    op.give(0, () -> ta ? t.matmul(b, op.dy(), tb, true) : t.matmul(op.dy(), b, false, !tb));
    op.give(1, () -> tb ? t.matmul(op.dy(), a, true, ta) : t.matmul(a, op.dy(), !ta, false));
  }

  /** adj_x and adj_y are transposed and conjugated, so that no further conjugation is needed. */
  private static void batchMatMul(Backprop op, Ops t) {
    boolean ax = op.flag("adj_x");
    boolean ay = op.flag("adj_y");
    TensorRef x = op.in(0);
    TensorRef y = op.in(1);
    reduceBatch(
        op,
        t,
        0,
        () ->
            ax
                ? product(op, t, new Factor(y, ay), new Factor(op.dy(), true))
                : product(op, t, new Factor(op.dy(), false), new Factor(y, !ay)));
    reduceBatch(
        op,
        t,
        1,
        () ->
            ay
                ? product(op, t, new Factor(op.dy(), true), new Factor(x, ax))
                : product(op, t, new Factor(x, !ax), new Factor(op.dy(), false)));
  }

  private record Factor(TensorRef matrix, boolean adjoint) {}

  private static TensorRef product(Backprop op, Ops t, Factor a, Factor b) {
    String kind = op.node().getOp().equals("BatchMatMul") ? "BatchMatMul" : "BatchMatMulV2";
    return t.op(kind)
        .input(a.matrix)
        .input(b.matrix)
        .attr("adj_x", a.adjoint)
        .attr("adj_y", b.adjoint)
        .output();
  }

  private static void reduceBatch(
      Backprop op, Ops t, int i, java.util.function.Supplier<TensorRef> gradient) {
    if (op.wants(i)) {
      op.give(i, Broadcasting.sumBatchTo(op.in(i), op.in(1 - i), gradient.get(), t));
    }
  }
}
