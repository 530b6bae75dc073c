package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Broadcasting;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import java.util.List;
import org.tensorflow.proto.DataType;

/** Sparse tensors: indices, values and a shape. Only the values carry a gradient. */
final class SparseRules {

  private SparseRules() {}

  static void addTo(RuleBook rules) {
    rules.onlyTo("SparseAdd", 1, 4); // not to the threshold
    rules.add("SparseTensorDenseMatMul", SparseRules::matMul);
    rules.add("SparseReduceSum", SparseRules::reduceSum);
    rules.add(
        "SparseToDense",
        (op, t) -> {
          // indices of a vector may come as a vector, a single one as a scalar
          TensorRef rank = t.reshape(t.rank(op.dy()), t.ints(1));
          TensorRef places = t.reshape(op.in(0), t.concat(0, List.of(t.ints(-1), rank)));
          TensorRef values = t.call("GatherNd", op.dy(), places);
          op.give(2, () -> t.reshape(sumToValues(op, values, t), t.shape(op.in(2))));
          op.give(
              3,
              () ->
                  t.sub(
                      t.sum(op.dy(), ArrayRules.allAxes(op.dy(), t), false),
                      t.sum(values, ArrayRules.allAxes(values, t), false)));
        });
    rules.add(
        "SparseTensorDenseAdd",
        (op, t) -> {
          op.give(1, () -> t.call("GatherNd", op.dy(), op.in(0)));
          op.give(3, op::dy);
        });
    rules.add(
        "SparseAdd",
        (op, t) -> {
          List<TensorRef> values =
              t.op("SparseAddGrad")
                  .input(op.dy(1))
                  .input(op.in(0))
                  .input(op.in(3))
                  .input(op.out(0))
                  .outputs();
          op.give(1, () -> t.reshapeLike(values.get(0), op.in(1)));
          op.give(4, () -> t.reshapeLike(values.get(1), op.in(4)));
        });
    rules.add("SparseDenseCwiseMul", SparseRules::timesDense);
    rules.add("SparseDenseCwiseDiv", SparseRules::byDense);
    rules.add("SparseReorder", SparseRules::reorder);
    rules.add(
        "SparseSlice",
        (op, t) -> op.give(1, t.call("SparseSliceGrad", op.dy(1), op.in(0), op.in(3), op.out(0))));
    rules.add(
        "SparseFillEmptyRows",
        (op, t) -> {
          List<TensorRef> found =
              t.op("SparseFillEmptyRowsGrad").input(op.out(3)).input(op.dy(1)).outputs();
          op.give(1, () -> found.get(0));
          op.give(3, () -> found.get(1));
        });
    rules.add("SparseSoftmax", SparseRules::softmax);
  }

  /** One value may stand for all. */
  private static TensorRef sumToValues(Backprop op, TensorRef values, Ops t) {
    return Broadcasting.sumTo(op.in(2), List.of(values), values, t);
  }

  private static TensorRef column(TensorRef indices, int i, Ops t) {
    return t.op("StridedSlice")
        .input(indices)
        .input(t.ints(0, i))
        .input(t.ints(0, i + 1))
        .input(t.ints(1, 1))
        .attr("begin_mask", 1)
        .attr("end_mask", 1)
        .attr("shrink_axis_mask", 2)
        .output();
  }

  private static void matMul(Backprop op, Ops t) {
    boolean adjointA = op.flag("adjoint_a");
    boolean adjointB = op.flag("adjoint_b");
    TensorRef b = op.in(3);
    op.give(
        3,
        () -> {
          TensorRef db =
              t.op("SparseTensorDenseMatMul")
                  .input(op.in(0))
                  .input(op.in(1))
                  .input(op.in(2))
                  .input(op.dy())
                  .attr("adjoint_a", !adjointA)
                  .output();
          return adjointB ? t.conj(t.transpose(db, 1, 0)) : db;
        });
    op.give(
        1,
        () -> {
          TensorRef rows = column(op.in(0), adjointA ? 1 : 0, t);
          TensorRef columns = column(op.in(0), adjointA ? 0 : 1, t);
          TensorRef left = t.gather(op.dy(), rows, 0);
          TensorRef right = t.gather(adjointB ? t.conj(t.transpose(b, 1, 0)) : b, columns, 0);
          TensorRef sum = t.sum(t.mul(left, t.conj(right)), false, 1);
          return adjointA ? t.conj(sum) : sum;
        });
  }

  private static void reduceSum(Backprop op, Ops t) {
    TensorRef shape = op.in(2);
    TensorRef rank = t.size(shape);
    TensorRef axes =
        t.call(
            "FloorMod",
            t.add(t.reshape(t.cast(op.in(3), DataType.DT_INT32), t.ints(-1)), rank),
            rank);
    TensorRef ones = t.cast(t.call("OnesLike", axes), DataType.DT_INT64);
    TensorRef kept =
        t.op("DynamicStitch")
            .inputs(List.of(t.range(t.integer(0), rank), axes))
            .inputs(List.of(shape, ones))
            .output();
    TensorRef dy = t.reshape(op.dy(), kept);
    op.give(1, t.call("GatherNd", dy, within(op.in(0), shape, kept, t)));
  }

  /** The places in a tensor of shape {@code small} that is repeated to {@code large}. */
  private static TensorRef within(TensorRef indices, TensorRef large, TensorRef small, Ops t) {
    return t.call("FloorDiv", indices, t.call("FloorDiv", large, small));
  }

  /** The places in the dense operand that the values meet: it may have fewer dimensions. */
  private static TensorRef places(Backprop op, Ops t) {
    TensorRef shape = t.cast(t.shape(op.in(3)), DataType.DT_INT64);
    TensorRef missing = t.sub(t.size(op.in(2)), t.size(shape));
    TensorRef ones = t.call("Fill", t.reshape(missing, t.ints(1)), t.scalar(DataType.DT_INT64, 1));
    TensorRef full = t.concat(0, List.of(ones, shape));
    TensorRef scaled = within(op.in(0), op.in(2), full, t);
    TensorRef begin = t.pack(t.integer(0), missing);
    return t.slice(scaled, begin, t.ints(-1, -1));
  }

  private static void timesDense(Backprop op, Ops t) {
    TensorRef places = places(op, t);
    op.give(1, () -> t.mul(op.dy(), t.call("GatherNd", op.in(3), places)));
    op.give(3, () -> scatter(op, t, places, t.mul(op.dy(), op.in(1))));
  }

  private static void byDense(Backprop op, Ops t) {
    TensorRef places = places(op, t);
    TensorRef dense = t.call("GatherNd", op.in(3), places);
    op.give(1, () -> t.call("RealDiv", op.dy(), dense));
    op.give(
        3,
        () -> {
          TensorRef slope = t.neg(t.call("RealDiv", op.in(1), t.square(dense)));
          return scatter(op, t, places, t.mul(op.dy(), slope));
        });
  }

  private static TensorRef scatter(Backprop op, Ops t, TensorRef places, TensorRef values) {
    return t.call("ScatterNd", places, values, t.cast(t.shape(op.in(3)), DataType.DT_INT64));
  }

  /** Reorders numbers the same way, to learn where each value went. */
  private static void reorder(Backprop op, Ops t) {
    TensorRef numbers = t.range(t.integer(0), t.size(op.in(1)));
    TensorRef order =
        t.op("SparseReorder").input(op.in(0)).input(numbers).input(op.in(2)).outputs().get(1);
    op.give(1, t.gather(op.dy(1), t.call("InvertPermutation", order), 0));
  }

  private static void softmax(Backprop op, Ops t) {
    TensorRef weighted = t.mul(op.out(0), op.dy());
    TensorRef rank = t.size(op.in(2));
    TensorRef sums =
        t.op("SparseReduceSum")
            .input(op.in(0))
            .input(weighted)
            .input(op.in(2))
            .input(t.ints(-1))
            .attr("keep_dims", true)
            .output();
    TensorRef last = t.sub(rank, t.integer(1));
    TensorRef row = t.slice(op.in(0), t.ints(0, 0), t.pack(t.integer(-1), last));
    TensorRef zeros =
        t.call("ZerosLike", t.slice(op.in(0), t.pack(t.integer(0), last), t.ints(-1, 1)));
    TensorRef sum = t.call("GatherNd", sums, t.concat(1, List.of(row, zeros)));
    op.give(1, t.mul(op.out(0), t.sub(op.dy(), sum)));
  }
}
