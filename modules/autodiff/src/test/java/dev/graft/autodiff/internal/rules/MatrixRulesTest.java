package dev.graft.autodiff.internal.rules;

import static dev.graft.autodiff.internal.rules.FunctionRulesTest.complex;
import static dev.graft.autodiff.internal.rules.FunctionRulesTest.parts;

import dev.graft.graph.TensorRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

class MatrixRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    cases.add(RuleCase.of("Diag", c -> c.call("Diag", c.x(2, 2))));
    cases.add(RuleCase.of("DiagPart", c -> c.call("DiagPart", c.x(2, 2, 2, 2))));
    cases.add(RuleCase.of("MatrixDiag", c -> c.call("MatrixDiag", c.x(2, 3))));
    cases.add(RuleCase.of("MatrixDiagPart", c -> c.call("MatrixDiagPart", c.x(2, 3, 2))));
    cases.add(RuleCase.of("MatrixSetDiag", c -> c.call("MatrixSetDiag", c.x(2, 3, 2), c.x(2, 2))));
    for (String version : List.of("V2", "V3")) {
      cases.add(
          RuleCase.of(
              "MatrixDiag" + version,
              c ->
                  c.call(
                      "MatrixDiag" + version,
                      c.x(2, 3),
                      c.ints(1),
                      c.integer(4),
                      c.integer(-1),
                      c.scalar(0))));
      cases.add(
          RuleCase.of(
              "MatrixDiag" + version + " band",
              c ->
                  c.call(
                      "MatrixDiag" + version,
                      c.x(2, 2, 3),
                      c.ints(0, 1),
                      c.integer(3),
                      c.integer(3),
                      c.scalar(7))));
      cases.add(
          RuleCase.of(
              "MatrixDiagPart" + version + " band",
              c -> c.call("MatrixDiagPart" + version, c.x(2, 3, 4), c.ints(-1, 1), c.scalar(5))));
      cases.add(
          RuleCase.of(
              "MatrixSetDiag" + version + " band",
              c -> c.call("MatrixSetDiag" + version, c.x(2, 3, 3), c.x(2, 2, 3), c.ints(0, 1))));
    }
    cases.add(
        RuleCase.of(
            "MatrixDiagPartV3 aligned left",
            c ->
                c.op("MatrixDiagPartV3")
                    .input(c.x(3, 3))
                    .input(c.ints(-1, 1))
                    .input(c.scalar(5))
                    .attr("align", "LEFT_LEFT")
                    .output()));
    cases.add(
        RuleCase.of(
            "MatrixBandPart",
            c -> c.call("MatrixBandPart", c.x(2, 3, 4), c.integer(1), c.integer(0))));
    for (boolean adjoint : new boolean[] {false, true}) {
      cases.add(
          RuleCase.of(
              "MatrixInverse " + adjoint,
              c -> c.op("MatrixInverse").input(regular(c)).attr("adjoint", adjoint).output()));
      cases.add(
          RuleCase.ofMany(
                  "MatrixInverse complex " + adjoint,
                  c ->
                      parts(
                          c,
                          c.op("MatrixInverse")
                              .input(complex(c, 2, 2))
                              .attr("adjoint", adjoint)
                              .output()))
              .with(1e-4, 1e-4));
      cases.add(
          RuleCase.of(
              "MatrixSolve " + adjoint,
              c ->
                  c.op("MatrixSolve")
                      .input(regular(c))
                      .input(c.x(2, 3, 2))
                      .attr("adjoint", adjoint)
                      .output()));
      for (boolean lower : new boolean[] {false, true}) {
        cases.add(
            RuleCase.of(
                "MatrixTriangularSolve " + adjoint + " " + lower,
                c ->
                    c.op("MatrixTriangularSolve")
                        .input(regular(c))
                        .input(c.x(2, 3, 2))
                        .attr("adjoint", adjoint)
                        .attr("lower", lower)
                        .output()));
        cases.add(
            RuleCase.of(
                "MatrixTriangularSolve broadcasts " + adjoint + " " + lower,
                c ->
                    c.op("MatrixTriangularSolve")
                        .input(regular(c))
                        .input(c.x(3, 2))
                        .attr("adjoint", adjoint)
                        .attr("lower", lower)
                        .output()));
      }
    }
    cases.add(RuleCase.of("MatrixDeterminant", c -> c.call("MatrixDeterminant", regular(c))));
    cases.add(
        RuleCase.ofMany(
            "LogMatrixDeterminant",
            c -> List.of(c.op("LogMatrixDeterminant").input(regular(c)).outputs().get(1))));
    cases.add(RuleCase.of("Cholesky", c -> c.call("Cholesky", symmetric(c))));
    cases.add(RuleCase.of("Cross", c -> c.call("Cross", c.x(2, 3), c.x(2, 3))));
    cases.add(
        RuleCase.of(
            "SelfAdjointEigV2 values",
            c ->
                c.op("SelfAdjointEigV2")
                    .input(symmetric(c))
                    .attr("compute_v", false)
                    .outputs()
                    .get(0)));
    cases.add(
        RuleCase.ofMany(
            "SelfAdjointEigV2",
            c -> {
              // the sign of an eigenvector is arbitrary, its square is not
              List<TensorRef> found = c.op("SelfAdjointEigV2").input(symmetric(c)).outputs();
              return List.of(found.get(0), c.call("Square", found.get(1)));
            }));
    decompositions(cases);
    return cases.stream();
  }

  private static void decompositions(List<RuleCase> cases) {
    long[][] shapes = {{2, 3, 3}, {2, 4, 3}, {2, 3, 4}, {4, 3}};
    for (long[] shape : shapes) {
      String of = " of " + Arrays.toString(shape);
      for (boolean full : new boolean[] {false, true}) {
        cases.add(
            RuleCase.of(
                "Svd values" + of + full,
                c ->
                    c.op("Svd")
                        .input(c.x(shape))
                        .attr("compute_uv", full)
                        .attr("full_matrices", full)
                        .outputs()
                        .get(0)));
      }
      cases.add(
          RuleCase.ofMany(
              "Svd" + of,
              c -> {
                // the sign of a vector is arbitrary, its square is not
                List<TensorRef> found = c.op("Svd").input(c.x(shape)).outputs();
                return List.of(
                    found.get(0), c.call("Square", found.get(1)), c.call("Square", found.get(2)));
              }));
    }
    cases.add(
        RuleCase.ofMany(
            "Svd right vectors",
            c -> List.of(c.call("Square", c.op("Svd").input(c.x(4, 3)).outputs().get(2)))));
  }

  /** Two matrices far from singular. */
  private static TensorRef regular(RuleCase c) {
    return c.values(
        new double[] {3, 0.5, -0.4, 0.3, 2, 0.7, -0.2, 0.1, 4, 2, -1, 0.5, 0.4, 3, 1, 0.2, 0.3, 5},
        2,
        3,
        3);
  }

  /** Symmetric, positive definite, whatever the differences do to the input. */
  private static TensorRef symmetric(RuleCase c) {
    TensorRef a = regular(c);
    return c.op("BatchMatMulV2").input(a).input(a).attr("adj_y", true).output();
  }
}
