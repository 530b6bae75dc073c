package dev.graft.autodiff.internal.rules;

import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

class ReductionRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    for (String op : List.of("Sum", "Mean", "Max", "Min", "Prod", "EuclideanNorm")) {
      for (boolean keep : new boolean[] {false, true}) {
        cases.add(reduce(op, keep, 1));
        cases.add(reduce(op, keep, -1, 0));
        cases.add(reduce(op, keep, 0, 1, 2));
      }
      cases.add(RuleCase.of(op + " scalar axis", c -> c.call(op, c.distinct(2, 3), c.integer(-1))));
      cases.add(
          RuleCase.of(
              op + " hidden axes", c -> c.call(op, c.distinct(2, 3, 2), c.hidden(c.ints(0, -1)))));
      cases.add(RuleCase.of(op + " no axes", c -> c.call(op, c.positive(2, 2), c.ints())));
      cases.add(
          RuleCase.of(
              op + " long axes", c -> c.call(op, c.distinct(2, 3), c.longs(Shape.of(1), 1))));
      cases.add(RuleCase.of(op + " empty", c -> c.call(op, c.x(0, 3), c.ints(1))));
    }
    cases.add(RuleCase.of("Sum of nothing", c -> c.call("Sum", c.x(0, 3), c.ints(0))));
    cases.add(
        RuleCase.of(
            "Prod with zeros",
            c -> c.call("Prod", c.values(new double[] {0, 2, 3, 0, 0, 5}, 2, 3), c.ints(1))));
    for (String op : List.of("Cumsum", "Cumprod")) {
      cases.add(RuleCase.of(op + " empty", c -> c.call(op, c.x(0, 3), c.integer(1))));
      cases.add(RuleCase.of(op + " down", c -> c.call(op, c.positive(3, 2), c.integer(0))));
    }
    for (boolean exclusive : new boolean[] {false, true}) {
      for (boolean reverse : new boolean[] {false, true}) {
        cases.add(productWithZeros(exclusive, reverse));
      }
    }
    for (String op : List.of("Cumsum", "Cumprod", "CumulativeLogsumexp")) {
      for (boolean exclusive : new boolean[] {false, true}) {
        for (boolean reverse : new boolean[] {false, true}) {
          cases.add(
              RuleCase.of(
                  op + (exclusive ? " exclusive" : "") + (reverse ? " reverse" : ""),
                  c -> {
                    TensorRef y =
                        c.op(op)
                            .input(c.positive(3, 4))
                            .input(c.integer(-1))
                            .attr("exclusive", exclusive)
                            .attr("reverse", reverse)
                            .output();
                    // the first of an exclusive running logarithm is minus infinity
                    return op.equals("CumulativeLogsumexp") ? c.call("Exp", y) : y;
                  }));
        }
      }
    }
    return cases.stream();
  }

  private static RuleCase productWithZeros(boolean exclusive, boolean reverse) {
    double[] values = {2, 0, 3, 5, 0, 2, 0, 3, 4, 3, 2, 0, 0, 0, 0, 1.5, -2, 3};
    return RuleCase.of(
        "Cumprod with zeros" + (exclusive ? " exclusive" : "") + (reverse ? " reverse" : ""),
        c ->
            c.op("Cumprod")
                .input(c.values(values, 2, 3, 3))
                .input(c.integer(1))
                .attr("exclusive", exclusive)
                .attr("reverse", reverse)
                .output());
  }

  private static RuleCase reduce(String op, boolean keep, int... axes) {
    return RuleCase.of(
        op + (keep ? " keeping " : " ") + java.util.Arrays.toString(axes),
        c ->
            c.op(op)
                .input(c.distinct(2, 3, 2))
                .input(c.ints(axes))
                .attr("keep_dims", keep)
                .output());
  }
}
