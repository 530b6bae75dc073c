package dev.graft.autodiff.internal.rules;

import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.proto.DataType;

class MathRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    for (String op :
        List.of(
            "Add",
            "AddV2",
            "Sub",
            "Mul",
            "MulNoNan",
            "Div",
            "RealDiv",
            "DivNoNan",
            "SquaredDifference",
            "Atan2",
            "Pow",
            "Xlogy",
            "Xlog1py",
            "Xdivy")) {
      cases.add(pair(op, new long[] {2, 3}, new long[] {2, 3}));
      cases.add(pair(op, new long[] {2, 3}, new long[] {3}));
      cases.add(pair(op, new long[] {1, 3}, new long[] {2, 1}));
      cases.add(pair(op, new long[] {}, new long[] {2, 2}));
      cases.add(pair(op, new long[] {2, 1, 2}, new long[] {3, 1}));
      cases.add(pair(op, new long[] {0, 3}, new long[] {1, 3}));
    }
    for (String op : List.of("Maximum", "Minimum")) {
      cases.add(RuleCase.of(op, c -> c.call(op, c.distinct(2, 3), c.distinct(3))));
    }
    cases.add(
        RuleCase.of(
            "FloorMod",
            c -> c.call("FloorMod", c.between(2.1, 2.4, 2, 2), c.between(0.8, 0.9, 2))));
    cases.add(
        RuleCase.of(
            "twice the same",
            c -> {
              TensorRef x = c.x(2, 2);
              return c.call("Mul", x, c.call("AddV2", x, x));
            }));
    for (String op : List.of("Neg", "Square", "Abs")) {
      cases.add(RuleCase.of(op, c -> c.call(op, c.x(2, 3))));
    }
    for (String op : List.of("Sqrt", "Rsqrt", "Reciprocal", "Inv")) {
      cases.add(RuleCase.of(op, c -> c.call(op, c.positive(2, 3))));
    }
    cases.add(RuleCase.of("Sign", c -> c.call("Sign", c.positive(3))));
    cases.add(
        RuleCase.of(
                "Cast",
                c -> {
                  TensorRef single =
                      c.op("Cast").input(c.x(3)).attr("DstT", DataType.DT_FLOAT).output();
                  return c.op("Cast").input(single).attr("DstT", DataType.DT_DOUBLE).output();
                })
            .with(1e-1, 1e-5));
    for (String op : List.of("AddN", "AccumulateNV2")) {
      cases.add(
          RuleCase.of(
              op,
              c -> {
                var node = c.op(op).inputs(List.of(c.x(2, 2), c.x(2, 2), c.x(2, 2)));
                return op.equals("AddN")
                    ? node.output()
                    : node.attr("shape", Shape.of(2, 2)).output();
              }));
    }
    cases.add(
        RuleCase.of(
            "SelectV2 of nothing",
            c ->
                c.call("SelectV2", c.bools(Shape.of(1, 3), true, false, true), c.x(0, 3), c.x(3))));
    cases.add(
        RuleCase.of(
            "SelectV2 broadcasts",
            c -> c.call("SelectV2", c.bools(Shape.of(2, 1), true, false), c.x(2, 3), c.x(3))));
    cases.add(
        RuleCase.of(
            "Select by rows",
            c -> c.call("Select", c.bools(Shape.of(2), true, false), c.x(2, 3), c.x(2, 3))));
    cases.add(
        RuleCase.of(
            "ClipByValue",
            c ->
                c.call(
                    "ClipByValue",
                    c.distinct(2, 5),
                    c.values(new double[] {-0.22}),
                    c.values(new double[] {0.25}))));
    return cases.stream();
  }

  private static RuleCase pair(String op, long[] a, long[] b) {
    String name = op + " " + Shape.of(a) + Shape.of(b);
    return RuleCase.of(name, c -> c.call(op, c.positive(a), c.positive(b)));
  }
}
