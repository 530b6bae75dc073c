package dev.graft.surgeon.internal.head;

import dev.graft.graph.Attrs;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import org.tensorflow.proto.DataType;

/**
 * Finds which of some boxes stay when those go that overlap a surer one of their label. It is made
 * of plain ops: TensorFlow's own kernel for this ({@code CombinedNonMaxSuppression}) has no rule in
 * OpenVINO and others that read a SavedModel.
 *
 * <p>A box stays if no surer box over it stays. All are taken to stay at first, and the sentence is
 * applied again and again: after n rounds it is true of every box with fewer than n boxes above it,
 * each over the next. Boxes overlap by more than half and have their centres in cells that are no
 * neighbours, so that such piles are low.
 */
final class Suppression {

  private static final int ROUNDS = 32;

  private final Scope g;
  private final float most;

  /** Boxes that overlap by more than the share {@code most} of what both cover are one. */
  Suppression(Scope scope, float most) {
    this.g = scope.in("suppression");
    this.most = most;
  }

  /** 1 where a box stays, else 0: [N, K] of boxes [N, K, 4] and labels [N, K], the surest first. */
  TensorRef kept(TensorRef boxes, TensorRef labels, int count) {
    TensorRef order = g.add("Range", g.scalar(0), g.scalar(count), g.scalar(1));
    TensorRef surer = g.add("Less", row(order, 0), row(order, 1)); // [K, K]: the second, the first
    TensorRef over =
        g.add(
            "LogicalAnd",
            g.add("LogicalAnd", g.add("Equal", row(labels, 1), row(labels, 2)), overlap(boxes)),
            surer);
    TensorRef above = g.cast(over, DataType.DT_FLOAT);
    TensorRef kept = row(g.add("OnesLike", g.cast(labels, DataType.DT_FLOAT)), 2);
    for (int round = 0; round < ROUNDS; round++) {
      TensorRef surerKept = g.add("BatchMatMulV2", above, kept);
      kept = g.cast(g.add("Less", surerKept, g.scalar(0.5f)), DataType.DT_FLOAT);
    }
    return g.op("Squeeze").input(kept).attr("squeeze_dims", Attrs.ints(2)).output();
  }

  private TensorRef row(TensorRef tensor, int axis) {
    return g.add("ExpandDims", tensor, g.scalar(axis));
  }

  /** Whether two boxes share more than {@code most} of what they cover together: [N, K, K]. */
  private TensorRef overlap(TensorRef boxes) {
    TensorRef shared = g.add("Mul", shared(boxes, 0), shared(boxes, 1));
    TensorRef area = g.add("Mul", length(boxes, 0), length(boxes, 1));
    TensorRef both = g.add("Sub", g.add("AddV2", row(area, 1), row(area, 2)), shared);
    return g.add("Greater", shared, g.add("Mul", both, g.scalar(most)));
  }

  private TensorRef shared(TensorRef boxes, int axis) {
    TensorRef from = edge(boxes, axis);
    TensorRef to = edge(boxes, axis + 2);
    TensorRef start = g.add("Maximum", row(from, 1), row(from, 2));
    TensorRef end = g.add("Minimum", row(to, 1), row(to, 2));
    return g.add("Relu", g.add("Sub", end, start));
  }

  private TensorRef length(TensorRef boxes, int axis) {
    return g.add("Sub", edge(boxes, axis + 2), edge(boxes, axis));
  }

  private TensorRef edge(TensorRef boxes, int edge) {
    return g.add("GatherV2", boxes, g.scalar(edge), g.scalar(-1));
  }
}
