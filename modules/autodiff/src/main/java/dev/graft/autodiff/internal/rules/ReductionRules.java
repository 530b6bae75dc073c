package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/** Sums, means, extremes and products over axes, and their running forms. */
final class ReductionRules {

  private ReductionRules() {}

  static void addTo(RuleBook rules) {
    rules.add(
        "Sum", (op, t) -> op.give(0, t.broadcastTo(keepDims(op, t, op.dy()), t.shape(op.in(0)))));
    rules.add("Mean", ReductionRules::mean);
    rules.add(ReductionRules::extreme, "Max", "Min");
    rules.add("Prod", ReductionRules::prod);
    rules.add(
        "EuclideanNorm",
        (op, t) -> {
          TensorRef scale = t.call("RealDiv", keepDims(op, t, op.dy()), keepDims(op, t, op.out(0)));
          op.give(0, t.mul(op.in(0), scale));
        });
    rules.add("Cumsum", (op, t) -> op.give(0, cumulate("Cumsum", op, t, op.dy(), true)));
    rules.add("Cumprod", ReductionRules::cumprod);
    rules.add("CumulativeLogsumexp", ReductionRules::cumulativeLogSumExp);
  }

  /**
   * {@code reduced}, which has the output's shape, with the reduced axes back as dimensions of size
   * one.
   */
  private static TensorRef keepDims(Backprop op, Ops t, TensorRef reduced) {
    if (op.flag("keep_dims")) {
      return reduced;
    }
    int[] axes = t.constantInts(op.in(1));
    Shape input = op.shape(0);
    if (axes != null && input.hasRank()) {
      Shape kept = input;
      for (int axis : axes) {
        kept = kept.dim(axis, 1);
      }
      if (Ops.inferable(kept)) {
        return t.reshape(
            reduced, t.ints(Arrays.stream(kept.dims()).mapToInt(d -> (int) d).toArray()));
      }
      TensorRef expanded = reduced;
      for (int axis : sorted(axes, input.rank())) {
        expanded = t.expandDims(expanded, axis);
      }
      return expanded;
    }
    TensorRef shape = t.shape(op.in(0));
    TensorRef reducedAxes = axes(op, t);
    TensorRef all = t.range(t.integer(0), t.rank(op.in(0)));
    TensorRef ones = t.call("OnesLike", reducedAxes);
    TensorRef kept =
        t.op("DynamicStitch")
            .inputs(List.of(all, reducedAxes))
            .inputs(List.of(shape, ones))
            .output();
    return t.reshape(reduced, kept);
  }

  private static int[] sorted(int[] axes, int rank) {
    return Arrays.stream(axes).map(a -> Backprop.axis(a, rank)).sorted().toArray();
  }

  /** The reduced axes as an int32 vector of numbers from 0. */
  private static TensorRef axes(Backprop op, Ops t) {
    int[] axes = t.constantInts(op.in(1));
    int rank = op.shape(0).rank();
    if (axes != null && rank >= 0) {
      return t.ints(sorted(axes, rank));
    }
    TensorRef vector =
        t.reshape(t.cast(op.in(1), org.tensorflow.proto.DataType.DT_INT32), t.ints(-1));
    TensorRef dynamic = t.rank(op.in(0));
    return t.call("FloorMod", t.add(vector, dynamic), dynamic);
  }

  private static void mean(Backprop op, Ops t) {
    TensorRef count = count(op, t);
    TensorRef scaled = t.call("RealDiv", keepDims(op, t, op.dy()), count);
    op.give(0, t.broadcastTo(scaled, t.shape(op.in(0))));
  }

  /** How many elements each output element is made of, in the gradient's dtype. */
  private static TensorRef count(Backprop op, Ops t) {
    int[] axes = t.constantInts(op.in(1));
    Shape input = op.shape(0);
    if (axes != null && input.hasRank()) {
      long count = 1;
      for (int axis : axes) {
        count = count < 0 || input.dim(axis) < 0 ? -1 : count * input.dim(axis);
      }
      if (count >= 0) {
        return t.scalarLike(op.dy(), count);
      }
    }
    return t.cast(t.prod(t.gather(t.shape(op.in(0)), axes(op, t), 0)), t.dtype(op.dy()));
  }

  /** Where several elements share the extreme, each gets an equal part, as in TensorFlow. */
  private static void extreme(Backprop op, Ops t) {
    TensorRef y = keepDims(op, t, op.out(0));
    TensorRef chosen = t.cast(t.call("Equal", y, op.in(0)), t.dtype(op.dy()));
    TensorRef count = t.sum(chosen, op.in(1), true);
    TensorRef share = t.call("RealDiv", keepDims(op, t, op.dy()), count);
    op.give(0, t.mul(chosen, share));
  }

  /** The product of all others, from running products on both sides: right with zeros too. */
  private static void prod(Backprop op, Ops t) {
    TensorRef x = op.in(0);
    TensorRef shape = t.shape(x);
    TensorRef axes = axes(op, t);
    TensorRef all = t.range(t.integer(0), t.rank(x));
    TensorRef others = t.call("ListDiff", all, axes);
    TensorRef perm = t.concat(0, List.of(axes, others));
    TensorRef moved = t.call("Transpose", x, perm);
    TensorRef reducedSize = t.prod(t.gather(shape, axes, 0));
    TensorRef otherSize = t.prod(t.gather(shape, others, 0));
    TensorRef flat = t.reshape(moved, t.pack(reducedSize, otherSize));
    TensorRef before = cumprod(flat, false, t);
    TensorRef after = cumprod(flat, true, t);
    TensorRef rest = t.reshape(t.mul(t.conj(before), t.conj(after)), t.gather(shape, perm, 0));
    TensorRef back = t.call("Transpose", rest, t.call("InvertPermutation", perm));
    op.give(0, t.mul(keepDims(op, t, op.dy()), back));
  }

  private static TensorRef cumprod(TensorRef x, boolean reverse, Ops t) {
    return t.op("Cumprod")
        .input(x)
        .input(t.integer(0))
        .attr("exclusive", true)
        .attr("reverse", reverse)
        .output();
  }

  /**
   * The derivative of a running product by an element is the sum of the products that it is part
   * of, each without it: what they are together, divided by it. Zeros have a true derivative too,
   * for three passes over the data more. Behind the first zero of a line every product stays zero,
   * whatever changes there; and the first's own derivative comes from the products with a one in
   * its place. TensorFlow gives zero for all zeros (DivNoNan), so that these would never learn.
   */
  private static void cumprod(Backprop op, Ops t) {
    TensorRef x = op.in(0);
    TensorRef zero = t.call("Equal", x, t.scalarLike(x, 0));
    TensorRef zeros =
        t.op("Cumsum")
            .input(t.cast(zero, t.dtype(x)))
            .input(op.in(1))
            .attr("reverse", op.flag("reverse"))
            .output();
    TensorRef one = t.scalarLike(x, 1);
    TensorRef first = t.call("LogicalAnd", zero, t.call("Equal", zeros, one));
    TensorRef ofFirst = productsFrom(op, t, t.where(first, one, x));
    TensorRef ofOthers = t.call("DivNoNan", productsFrom(op, t, x), t.conj(x));
    op.give(0, t.where(first, ofFirst, ofOthers));
  }

  /** For each element the sum of the products that it is part of, weighted by their gradients. */
  private static TensorRef productsFrom(Backprop op, Ops t, TensorRef x) {
    TensorRef products = cumulate("Cumprod", op, t, x, false);
    return cumulate("Cumsum", op, t, t.mul(t.conj(products), op.dy()), true);
  }

  private static TensorRef cumulate(String kind, Backprop op, Ops t, TensorRef x, boolean turned) {
    return t.op(kind)
        .input(x)
        .input(op.in(1))
        .attr("exclusive", op.flag("exclusive"))
        .attr("reverse", op.flag("reverse") != turned)
        .output();
  }

  /** In logarithms, positive and negative parts apart, so that nothing overflows. */
  private static void cumulativeLogSumExp(Backprop op, Ops t) {
    TensorRef zero = t.scalarLike(op.dy(), 0);
    TensorRef lowest = t.scalarLike(op.dy(), -Float.MAX_VALUE);
    TensorRef positive = t.greater(op.dy(), zero);
    TensorRef log = t.call("Log", t.call("Abs", op.dy()));
    TensorRef gains = t.where(positive, log, lowest);
    TensorRef negative = t.call("Less", op.dy(), zero);
    TensorRef losses = t.where(negative, log, lowest);
    op.give(0, t.sub(share(op, t, gains), share(op, t, losses)));
  }

  private static TensorRef share(Backprop op, Ops t, TensorRef logs) {
    TensorRef sum = cumulate("CumulativeLogsumexp", op, t, t.sub(logs, op.out(0)), true);
    return t.call("Exp", t.add(sum, op.in(0)));
  }
}
