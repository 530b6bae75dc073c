package dev.graft.autodiff.internal.rules;

import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

class SegmentRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    for (String kind : List.of("Sum", "Mean", "Max", "Min", "Prod")) {
      String op = "Segment" + kind;
      cases.add(RuleCase.of(op, c -> c.call(op, c.distinct(4, 2), c.ints(0, 0, 2, 2))));
      cases.add(RuleCase.of(op + " vector", c -> c.call(op, c.distinct(3), c.ints(0, 1, 1))));
      cases.add(RuleCase.of(op + " empty", c -> c.call(op, c.x(0, 2), c.ints())));
    }
    for (String kind : List.of("Sum", "Max", "Min", "Prod")) {
      String op = "UnsortedSegment" + kind;
      cases.add(
          RuleCase.of(op, c -> c.call(op, c.distinct(5, 2), c.ints(1, 0, -1, 1, 0), c.integer(2))));
      cases.add(
          RuleCase.of(
              op + " by matrix",
              c ->
                  c.call(
                      op, c.distinct(2, 2, 3), c.ints(Shape.of(2, 2), 1, -1, 1, 0), c.integer(2))));
    }
    for (String kind : List.of("Sum", "Max", "Min", "Prod")) {
      cases.add(
          RuleCase.of(
              "UnsortedSegment" + kind + " empty",
              c -> c.call("UnsortedSegment" + kind, c.x(0, 2), c.ints(), c.integer(3))));
    }
    for (String kind : List.of("Sum", "Mean", "SqrtN")) {
      cases.add(
          RuleCase.of(
              "SparseSegment" + kind + " empty",
              c -> c.call("SparseSegment" + kind, c.x(4, 2), c.ints(), c.ints())));
      cases.add(
          RuleCase.of(
              "SparseSegment" + kind + " int64",
              c ->
                  c.call(
                      "SparseSegment" + kind,
                      c.x(4, 2),
                      c.longs(Shape.of(3), 3, 0, 3),
                      c.longs(Shape.of(3), 0, 1, 1))));
    }
    for (String op : List.of("SegmentProd", "UnsortedSegmentProd")) {
      cases.add(
          RuleCase.of(
              op + " with zeros",
              c -> {
                var x = c.values(new double[] {0, 2, 3, 0, 0, 4, 5}, 7);
                var ids = c.ints(0, 0, 0, 1, 1, 1, 2);
                return op.startsWith("U") ? c.call(op, x, ids, c.integer(3)) : c.call(op, x, ids);
              }));
    }
    for (String kind : List.of("Sum", "Mean", "SqrtN")) {
      String op = "SparseSegment" + kind;
      cases.add(
          RuleCase.of(op, c -> c.call(op, c.x(4, 2), c.ints(3, 0, 3, 1), c.ints(0, 0, 2, 2))));
      cases.add(
          RuleCase.of(
              op + "WithNumSegments",
              c ->
                  c.call(
                      op + "WithNumSegments",
                      c.x(4, 2),
                      c.ints(3, 0, 3, 1),
                      c.ints(0, 0, 2, 2),
                      c.integer(5))));
    }
    return cases.stream();
  }
}
