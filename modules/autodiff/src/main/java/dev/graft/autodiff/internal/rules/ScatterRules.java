package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.DataType;

/** Writing elements to places told by index, dealing rows out, and picking the largest. */
final class ScatterRules {

  private ScatterRules() {}

  static void addTo(RuleBook rules) {
    rules.add("ScatterNd", (op, t) -> op.give(1, t.call("GatherNd", op.dy(), op.in(0))));
    rules.add(
        "TensorScatterUpdate",
        (op, t) -> {
          op.give(0, () -> t.call("TensorScatterUpdate", op.dy(), op.in(1), t.zerosLike(op.in(2))));
          op.give(2, () -> t.call("GatherNd", op.dy(), op.in(1)));
        });
    rules.add(
        (op, t) -> {
          op.give(0, op::dy);
          op.give(2, () -> t.call("GatherNd", op.dy(), op.in(1)));
        },
        "TensorScatterAdd",
        "ScatterNdNonAliasingAdd");
    rules.add(
        "TensorScatterSub",
        (op, t) -> {
          op.give(0, op::dy);
          op.give(2, () -> t.neg(t.call("GatherNd", op.dy(), op.in(1))));
        });
    rules.add(ScatterRules::scatterExtreme, "TensorScatterMax", "TensorScatterMin");
    rules.add("DynamicPartition", ScatterRules::dynamicPartition);
    rules.add(ScatterRules::dynamicStitch, "DynamicStitch", "ParallelDynamicStitch");
    rules.add("TopKV2", ScatterRules::topK);
    rules.add(
        "NthElement",
        (op, t) -> {
          TensorRef chosen =
              t.cast(t.call("Equal", op.in(0), t.expandDims(op.out(0), -1)), t.dtype(op.dy()));
          TensorRef share = t.call("RealDiv", t.expandDims(op.dy(), -1), t.sum(chosen, true, -1));
          op.give(0, t.mul(chosen, share));
        });
  }

  /** Equal parts for all that reach the extreme at one place, as in TensorFlow. */
  private static void scatterExtreme(Backprop op, Ops t) {
    TensorRef y = op.out(0);
    DataType type = t.dtype(y);
    TensorRef kept = t.cast(t.call("Equal", op.in(0), y), type);
    TensorRef won = t.cast(t.call("Equal", op.in(2), t.call("GatherNd", y, op.in(1))), type);
    TensorRef count = t.call("TensorScatterAdd", kept, op.in(1), won);
    TensorRef share = t.call("RealDiv", op.dy(), count);
    op.give(0, () -> t.mul(kept, share));
    op.give(2, () -> t.mul(won, t.call("GatherNd", share, op.in(1))));
  }

  private static void dynamicPartition(Backprop op, Ops t) {
    TensorRef shape = t.shape(op.in(1));
    TensorRef numbers = t.reshape(t.range(t.integer(0), t.size(op.in(1))), shape);
    List<TensorRef> places =
        t.op("DynamicPartition", op.node(), "num_partitions")
            .input(numbers)
            .input(op.in(1))
            .outputs();
    List<TensorRef> dys = new ArrayList<>();
    for (int i = 0; i < op.outputCount(); i++) {
      dys.add(op.dy(i));
    }
    TensorRef together = t.op("DynamicStitch").inputs(places).inputs(dys).output();
    op.give(0, t.reshapeLike(together, op.in(0)));
  }

  private static void dynamicStitch(Backprop op, Ops t) {
    int count = op.inputCount() / 2;
    for (int i = 0; i < count; i++) {
      int at = i;
      op.give(count + i, () -> t.gather(op.dy(), op.in(at), 0));
    }
  }

  private static void topK(Backprop op, Ops t) {
    if (!op.has(0)) {
      return; // the indices carry nothing
    }
    TensorRef shape = t.shape(op.in(0));
    TensorRef width = t.element(shape, -1);
    TensorRef picks = t.cast(op.out(1), DataType.DT_INT32);
    TensorRef k = t.element(t.shape(op.out(1)), -1);
    TensorRef total = t.size(op.in(0));
    // by rows, for k = 0 leaves no element to count them by
    TensorRef rows = t.prod(t.elements(shape, 0, -1));
    TensorRef offsets = t.mul(t.range(t.integer(0), rows), width);
    TensorRef flat =
        t.reshape(t.add(t.reshape(picks, t.pack(rows, k)), t.expandDims(offsets, 1)), t.ints(-1));
    TensorRef dy = t.reshape(op.dy(), t.ints(-1));
    op.give(0, t.reshape(t.call("UnsortedSegmentSum", dy, flat, total), shape));
  }
}
