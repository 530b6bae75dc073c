package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import org.tensorflow.proto.DataType;

/** Reductions over groups of rows that a vector of segment numbers tells. */
final class SegmentRules {

  private SegmentRules() {}

  static void addTo(RuleBook rules) {
    rules.add("SegmentSum", (op, t) -> op.give(0, t.gather(op.dy(), op.in(1), 0)));
    rules.add(
        "SegmentMean",
        (op, t) -> {
          TensorRef count = t.call("SegmentSum", onesLike(op.in(1), t.dtype(op.dy()), t), op.in(1));
          TensorRef share = t.call("DivNoNan", op.dy(), trailing(count, op.dy(), t));
          op.give(0, t.gather(share, op.in(1), 0));
        });
    rules.add((op, t) -> extreme(op, t, Kind.SORTED), "SegmentMax", "SegmentMin");
    rules.add("SegmentProd", (op, t) -> product(op, t, Kind.SORTED));
    rules.add("UnsortedSegmentSum", (op, t) -> op.give(0, Kind.UNSORTED.back(op, op.dy(), t)));
    rules.add((op, t) -> extreme(op, t, Kind.UNSORTED), "UnsortedSegmentMax", "UnsortedSegmentMin");
    rules.add("UnsortedSegmentProd", (op, t) -> product(op, t, Kind.UNSORTED));
    rules.add(
        (op, t) -> op.give(0, sparse(op, t, op.dy())),
        "SparseSegmentSum",
        "SparseSegmentSumWithNumSegments");
    rules.add(
        (op, t) -> op.give(0, sparse(op, t, shared(op, t, false))),
        "SparseSegmentMean",
        "SparseSegmentMeanWithNumSegments");
    rules.add(
        (op, t) -> op.give(0, sparse(op, t, shared(op, t, true))),
        "SparseSegmentSqrtN",
        "SparseSegmentSqrtNWithNumSegments");
  }

  /** The two families of ops: numbers in order, or in any order with negative ones left out. */
  private enum Kind {
    SORTED {
      @Override
      TensorRef back(Backprop op, TensorRef perSegment, Ops t) {
        return t.gather(perSegment, op.in(1), 0);
      }

      @Override
      TensorRef reduce(String how, Backprop op, TensorRef data, Ops t) {
        return t.call("Segment" + how, data, op.in(1));
      }
    },
    UNSORTED {
      @Override
      TensorRef back(Backprop op, TensorRef perSegment, Ops t) {
        TensorRef zero = t.scalarLike(op.in(1), 0);
        TensorRef found = t.gather(perSegment, t.call("Maximum", op.in(1), zero), 0);
        TensorRef counted = t.call("GreaterEqual", op.in(1), zero);
        return t.where(trailing(counted, found, t), found, t.scalarLike(found, 0));
      }

      @Override
      TensorRef reduce(String how, Backprop op, TensorRef data, Ops t) {
        return t.call("UnsortedSegment" + how, data, op.in(1), op.in(2));
      }
    };

    /** What each row gets of its segment's value. */
    abstract TensorRef back(Backprop op, TensorRef perSegment, Ops t);

    abstract TensorRef reduce(String how, Backprop op, TensorRef data, Ops t);
  }

  /** {@code x} with dimensions of size one behind, up to the rank of {@code like}. */
  private static TensorRef trailing(TensorRef x, TensorRef like, Ops t) {
    TensorRef missing = t.sub(t.rank(like), t.rank(x));
    TensorRef ones = t.call("Fill", t.reshape(missing, t.ints(1)), t.integer(1));
    return t.reshape(x, t.concat(0, java.util.List.of(t.call("Shape", x), ones)));
  }

  private static TensorRef onesLike(TensorRef ids, DataType dtype, Ops t) {
    return t.cast(t.call("OnesLike", ids), dtype);
  }

  private static void extreme(Backprop op, Ops t, Kind kind) {
    TensorRef chosen = t.call("Equal", op.in(0), kind.back(op, op.out(0), t));
    TensorRef count = kind.reduce("Sum", op, t.cast(chosen, t.dtype(op.dy())), t);
    TensorRef share = kind.back(op, t.call("DivNoNan", op.dy(), count), t);
    op.give(0, t.where(chosen, share, t.scalarLike(share, 0)));
  }

  /** The product of all others in the segment, right also where one of them or more are zero. */
  private static void product(Backprop op, Ops t, Kind kind) {
    TensorRef x = op.in(0);
    TensorRef isZero = t.call("Equal", x, t.scalarLike(x, 0));
    TensorRef zeros = kind.reduce("Sum", op, t.cast(isZero, DataType.DT_INT32), t);
    TensorRef several = t.greater(zeros, t.integer(1));
    TensorRef dy = t.where(several, t.scalarLike(op.dy(), 0), op.dy());
    TensorRef others = kind.reduce("Prod", op, t.where(isZero, t.scalarLike(x, 1), x), t);
    TensorRef withoutZero = kind.back(op, others, t);
    TensorRef divided = t.call("DivNoNan", kind.back(op, op.out(0), t), x);
    op.give(0, t.mul(kind.back(op, dy, t), t.where(isZero, withoutZero, divided)));
  }

  // ---- rows picked by index first: their gradients stay sparse

  private static Gradient sparse(Backprop op, Ops t, TensorRef perSegment) {
    TensorRef values = t.gather(perSegment, op.in(2), 0);
    return new Gradient.Sparse(op.in(1), values, t.shape(op.in(0)));
  }

  private static TensorRef shared(Backprop op, Ops t, boolean root) {
    TensorRef ones = onesLike(op.in(2), t.dtype(op.dy()), t);
    TensorRef segments = t.element(t.shape(op.dy()), 0);
    TensorRef count = t.call("UnsortedSegmentSum", ones, op.in(2), segments);
    TensorRef weight = root ? t.call("Sqrt", count) : count;
    return t.call("DivNoNan", op.dy(), trailing(weight, op.dy(), t));
  }
}
