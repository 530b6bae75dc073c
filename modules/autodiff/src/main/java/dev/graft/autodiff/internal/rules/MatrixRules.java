package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Broadcasting;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;

/** Diagonals, triangles, inverses and solutions of stacks of matrices. */
final class MatrixRules {

  private MatrixRules() {}

  static void addTo(RuleBook rules) {
    diagonals(rules);
    rules.add(
        "MatrixBandPart",
        (op, t) -> op.give(0, t.call("MatrixBandPart", op.dy(), op.in(1), op.in(2))));
    rules.add("MatrixInverse", MatrixRules::inverse);
    rules.add(
        "MatrixDeterminant",
        (op, t) -> {
          TensorRef weight = t.mul(op.dy(), t.conj(op.out(0)));
          op.give(0, t.mul(asMatrix(weight, t), inverseOf(op.in(0), t)));
        });
    rules.add(
        "LogMatrixDeterminant",
        (op, t) -> op.give(0, t.mul(asMatrix(op.dy(1), t), inverseOf(op.in(0), t))));
    rules.add("Cholesky", MatrixRules::cholesky);
    rules.add("MatrixSolve", MatrixRules::solve);
    rules.add("MatrixTriangularSolve", MatrixRules::triangularSolve);
    rules.add(
        "Cross",
        (op, t) -> {
          op.give(0, () -> t.call("Cross", op.in(1), op.dy()));
          op.give(1, () -> t.call("Cross", op.dy(), op.in(0)));
        });
    rules.add("SelfAdjointEigV2", MatrixRules::eigen);
  }

  private static void diagonals(RuleBook rules) {
    rules.add("Diag", (op, t) -> op.give(0, t.call("DiagPart", op.dy())));
    rules.add("DiagPart", (op, t) -> op.give(0, t.call("Diag", op.dy())));
    rules.add("MatrixDiag", (op, t) -> op.give(0, t.call("MatrixDiagPart", op.dy())));
    rules.add(
        "MatrixDiagPart",
        (op, t) -> op.give(0, t.call("MatrixSetDiag", t.zerosLike(op.in(0)), op.dy())));
    rules.add(
        "MatrixSetDiag",
        (op, t) -> {
          op.give(0, () -> t.call("MatrixSetDiag", op.dy(), t.zerosLike(op.in(1))));
          op.give(1, () -> t.call("MatrixDiagPart", op.dy()));
        });
    for (String version : new String[] {"V2", "V3"}) {
      String[] align = version.equals("V3") ? new String[] {"align"} : new String[0];
      rules.onlyTo("MatrixDiag" + version, 0); // not to what fills the rest
      rules.onlyTo("MatrixDiagPart" + version, 0);
      rules.add("MatrixDiag" + version, (op, t) -> op.give(0, () -> part(op, t, version, align)));
      rules.add(
          "MatrixDiagPart" + version,
          (op, t) ->
              op.give(
                  0,
                  () ->
                      t.op("MatrixSetDiag" + version, op.node(), align)
                          .input(t.zerosLike(op.in(0)))
                          .input(op.dy())
                          .input(op.in(1))
                          .output()));
      rules.add(
          "MatrixSetDiag" + version,
          (op, t) -> {
            op.give(
                0,
                () ->
                    t.op("MatrixSetDiag" + version, op.node(), align)
                        .input(op.dy())
                        .input(t.zerosLike(op.in(1)))
                        .input(op.in(2))
                        .output());
            op.give(
                1,
                () ->
                    t.op("MatrixDiagPart" + version, op.node(), align)
                        .input(op.dy())
                        .input(op.in(2))
                        .input(t.scalarLike(op.dy(), 0))
                        .output());
          });
    }
  }

  private static TensorRef part(Backprop op, Ops t, String version, String... align) {
    return t.op("MatrixDiagPart" + version, op.node(), align)
        .input(op.dy())
        .input(op.in(1))
        .input(t.scalarLike(op.dy(), 0))
        .output();
  }

  static TensorRef product(TensorRef a, TensorRef b, boolean adjointA, boolean adjointB, Ops t) {
    return t.op("BatchMatMulV2")
        .input(a)
        .input(b)
        .attr("adj_x", adjointA)
        .attr("adj_y", adjointB)
        .output();
  }

  /** A stack of numbers as a stack of 1 x 1 matrices. */
  private static TensorRef asMatrix(TensorRef x, Ops t) {
    return t.expandDims(t.expandDims(x, -1), -1);
  }

  /** The inverse, transposed and conjugated. */
  private static TensorRef inverseOf(TensorRef a, Ops t) {
    return t.op("MatrixInverse").input(a).attr("adjoint", true).output();
  }

  private static void inverse(Backprop op, Ops t) {
    TensorRef y = op.out(0);
    op.give(
        0,
        op.flag("adjoint")
            ? t.neg(product(y, product(op.dy(), y, true, false, t), false, false, t))
            : t.neg(product(y, product(op.dy(), y, false, true, t), true, false, t)));
  }

  /** I. Murray, Differentiation of the Cholesky decomposition, 2016, equation 8. */
  private static void cholesky(Backprop op, Ops t) {
    TensorRef lower = op.out(0);
    TensorRef ones = t.call("OnesLike", t.call("MatrixDiagPart", lower));
    TensorRef inverse =
        t.op("MatrixTriangularSolve").input(lower).input(t.call("MatrixDiag", ones)).output();
    TensorRef middle = product(lower, op.dy(), true, false, t);
    TensorRef diagonal = t.call("MatrixDiagPart", middle);
    middle = t.call("MatrixSetDiag", middle, t.mul(diagonal, 0.5));
    middle = t.call("MatrixBandPart", middle, t.integer(-1), t.integer(0));
    TensorRef inner = product(middle, inverse, false, false, t);
    TensorRef half = product(inverse, inner, true, false, t);
    TensorRef other = product(inner, inverse, true, false, t);
    op.give(0, t.mul(t.add(half, other), 0.5));
  }

  private static void solve(Backprop op, Ops t) {
    boolean adjoint = op.flag("adjoint");
    TensorRef db =
        t.op("MatrixSolve").input(op.in(0)).input(op.dy()).attr("adjoint", !adjoint).output();
    op.give(1, () -> db);
    op.give(0, () -> solved(db, op.out(0), adjoint, t));
  }

  private static TensorRef solved(TensorRef db, TensorRef x, boolean adjoint, Ops t) {
    return t.neg(adjoint ? product(x, db, false, true, t) : product(db, x, false, true, t));
  }

  private static void triangularSolve(Backprop op, Ops t) {
    boolean adjoint = op.flag("adjoint");
    boolean lower = op.flag("lower");
    TensorRef db =
        t.op("MatrixTriangularSolve")
            .input(op.in(0))
            .input(op.dy())
            .attr("adjoint", !adjoint)
            .attr("lower", lower)
            .output();
    if (op.wants(0)) {
      TensorRef full = solved(db, op.out(0), adjoint, t);
      TensorRef triangle =
          t.call("MatrixBandPart", full, t.integer(lower ? -1 : 0), t.integer(lower ? 0 : -1));
      op.give(0, Broadcasting.sumBatchTo(op.in(0), op.in(1), triangle, t));
    }
    if (op.wants(1)) {
      op.give(1, Broadcasting.sumBatchTo(op.in(1), op.in(0), db, t));
    }
  }

  /** M. Giles, Collected matrix derivative results, 2008, section 3.1; of distinct eigenvalues. */
  private static void eigen(Backprop op, Ops t) {
    TensorRef e = op.out(0);
    TensorRef de = op.dy(0);
    TensorRef gradient;
    if (op.flag("compute_v")) {
      TensorRef v = op.out(1);
      TensorRef middle = t.call("MatrixDiag", de);
      if (op.has(1)) {
        TensorRef gaps = t.sub(t.expandDims(e, -2), t.expandDims(e, -1));
        TensorRef f = t.call("DivNoNan", t.scalarLike(gaps, 1), gaps);
        middle = t.add(middle, t.mul(f, product(v, op.dy(1), true, false, t)));
      }
      gradient = product(v, product(middle, v, false, true, t), false, false, t);
    } else {
      TensorRef v =
          t.op("SelfAdjointEigV2").input(op.in(0)).attr("compute_v", true).outputs().get(1);
      gradient = product(v, product(t.call("MatrixDiag", de), v, false, true, t), false, false, t);
    }
    // only the lower triangle is read: what belongs to both halves counts there twice
    TensorRef both = t.add(gradient, adjoint(gradient, t));
    TensorRef lower = t.call("MatrixBandPart", both, t.integer(-1), t.integer(0));
    TensorRef diagonal = t.mul(t.call("MatrixDiagPart", both), 0.5);
    op.give(0, t.call("MatrixSetDiag", lower, diagonal));
  }

  /** A stack of square matrices, transposed and conjugated. */
  static TensorRef adjoint(TensorRef x, Ops t) {
    TensorRef ones = t.call("OnesLike", t.call("MatrixDiagPart", x));
    return product(x, t.call("MatrixDiag", ones), true, false, t);
  }
}
