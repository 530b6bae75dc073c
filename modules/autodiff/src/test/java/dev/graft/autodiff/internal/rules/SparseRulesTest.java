package dev.graft.autodiff.internal.rules;

import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

class SparseRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    for (boolean a : new boolean[] {false, true}) {
      for (boolean b : new boolean[] {false, true}) {
        cases.add(
            RuleCase.of(
                "SparseTensorDenseMatMul " + a + " " + b,
                c ->
                    c.op("SparseTensorDenseMatMul")
                        .input(c.longs(Shape.of(3, 2), 0, 1, 1, 0, 1, 2))
                        .input(c.x(3))
                        .input(c.longs(Shape.of(2), 2, 3))
                        .input(b ? c.x(2, a ? 2 : 3) : c.x(a ? 2 : 3, 2))
                        .attr("adjoint_a", a)
                        .attr("adjoint_b", b)
                        .output()));
      }
    }
    for (int axis : new int[] {0, -1}) {
      cases.add(
          RuleCase.of(
              "SparseReduceSum " + axis,
              c -> c.call("SparseReduceSum", places(c), c.x(3), shape(c), c.ints(axis))));
    }
    cases.add(
        RuleCase.of(
            "SparseToDense", c -> c.call("SparseToDense", places(c), shape(c), c.x(3), c.x())));
    cases.add(
        RuleCase.of(
            "SparseToDense vector",
            c -> c.call("SparseToDense", c.ints(1, 3), c.ints(5), c.x(2), c.x())));
    cases.add(
        RuleCase.of(
            "SparseToDense, one value everywhere",
            c -> c.call("SparseToDense", places(c), shape(c), c.x(), c.x())));
    cases.add(
        RuleCase.of(
            "SparseTensorDenseAdd",
            c -> c.call("SparseTensorDenseAdd", places(c), c.x(3), shape(c), c.x(2, 3))));
    cases.add(
        RuleCase.of(
            "SparseAdd",
            c ->
                c.op("SparseAdd")
                    .input(places(c))
                    .input(c.x(3))
                    .input(shape(c))
                    .input(c.longs(Shape.of(2, 2), 0, 1, 1, 1))
                    .input(c.x(2))
                    .input(shape(c))
                    .input(c.scalar(0))
                    .outputs()
                    .get(1)));
    for (String op : List.of("SparseDenseCwiseMul", "SparseDenseCwiseDiv")) {
      cases.add(RuleCase.of(op, c -> c.call(op, places(c), c.x(3), shape(c), c.positive(2, 3))));
      cases.add(
          RuleCase.of(
              op + " broadcasts", c -> c.call(op, places(c), c.x(3), shape(c), c.positive(3))));
    }
    cases.add(
        RuleCase.of(
            "SparseReorder",
            c ->
                c.op("SparseReorder")
                    .input(c.longs(Shape.of(3, 2), 1, 2, 0, 1, 1, 0))
                    .input(c.x(3))
                    .input(shape(c))
                    .outputs()
                    .get(1)));
    cases.add(
        RuleCase.of(
            "SparseSlice",
            c ->
                c.op("SparseSlice")
                    .input(places(c))
                    .input(c.x(3))
                    .input(shape(c))
                    .input(c.longs(Shape.of(2), 1, 0))
                    .input(c.longs(Shape.of(2), 1, 3))
                    .outputs()
                    .get(1)));
    cases.add(
        RuleCase.of(
            "SparseFillEmptyRows",
            c ->
                c.op("SparseFillEmptyRows")
                    .input(places(c))
                    .input(c.x(3))
                    .input(c.longs(Shape.of(2), 4, 3))
                    .input(c.x())
                    .outputs()
                    .get(1)));
    cases.add(
        RuleCase.of("SparseSoftmax", c -> c.call("SparseSoftmax", places(c), c.x(3), shape(c))));
    return cases.stream();
  }

  private static TensorRef places(RuleCase c) {
    return c.longs(Shape.of(3, 2), 0, 1, 1, 0, 1, 2);
  }

  private static TensorRef shape(RuleCase c) {
    return c.longs(Shape.of(2), 2, 3);
  }
}
