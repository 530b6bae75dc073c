package dev.graft.autodiff.internal.rules;

import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

class LinearAlgebraRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    for (boolean a : new boolean[] {false, true}) {
      for (boolean b : new boolean[] {false, true}) {
        cases.add(
            RuleCase.of(
                "MatMul " + a + " " + b,
                c ->
                    c.op("MatMul")
                        .input(a ? c.x(3, 2) : c.x(2, 3))
                        .input(b ? c.x(4, 3) : c.x(3, 4))
                        .attr("transpose_a", a)
                        .attr("transpose_b", b)
                        .output()));
        cases.add(
            RuleCase.ofMany(
                "MatMul complex " + a + " " + b,
                c ->
                    FunctionRulesTest.parts(
                        c,
                        c.op("MatMul")
                            .input(FunctionRulesTest.complex(c, 2, 2))
                            .input(FunctionRulesTest.complex(c, 2, 2))
                            .attr("transpose_a", a)
                            .attr("transpose_b", b)
                            .output())));
        for (String op : List.of("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")) {
          cases.add(batch(op, a, b, new long[] {2}, new long[] {2}));
          if (!op.equals("BatchMatMul")) {
            cases.add(batch(op, a, b, new long[] {3, 1}, new long[] {2}));
            cases.add(batch(op, a, b, new long[] {}, new long[] {2}));
          }
          if (!op.endsWith("V3")) {
            cases.add(
                RuleCase.ofMany(
                    op + " complex " + a + " " + b,
                    c ->
                        FunctionRulesTest.parts(
                            c,
                            c.op(op)
                                .input(FunctionRulesTest.complex(c, 2, 2, 2))
                                .input(FunctionRulesTest.complex(c, 2, 2, 2))
                                .attr("adj_x", a)
                                .attr("adj_y", b)
                                .output())));
          }
        }
      }
    }
    cases.add(RuleCase.of("MatMul empty", c -> c.call("MatMul", c.x(0, 3), c.x(3, 4))));
    cases.add(RuleCase.of("MatMul inner empty", c -> c.call("MatMul", c.x(2, 0), c.x(0, 4))));
    return cases.stream();
  }

  private static RuleCase batch(String op, boolean a, boolean b, long[] left, long[] right) {
    return RuleCase.of(
        op + " " + Shape.of(left) + Shape.of(right) + " " + a + " " + b,
        c -> {
          var node =
              c.op(op)
                  .input(c.x(with(left, a ? 3 : 2, a ? 2 : 3)))
                  .input(c.x(with(right, b ? 4 : 3, b ? 3 : 4)))
                  .attr("adj_x", a)
                  .attr("adj_y", b);
          return op.endsWith("V3") ? node.attr("Tout", c.precision()).output() : node.output();
        });
  }

  private static long[] with(long[] batch, long rows, long columns) {
    long[] dims = java.util.Arrays.copyOf(batch, batch.length + 2);
    dims[batch.length] = rows;
    dims[batch.length + 1] = columns;
    return dims;
  }
}
