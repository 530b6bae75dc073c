package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Broadcasting;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import java.util.List;

/**
 * Ragged tensors. Where an op moves values, it is run again on their numbers to learn where each
 * went.
 */
final class RaggedRules {

  private RaggedRules() {}

  static void addTo(RuleBook rules) {
    rules.add("RaggedTensorToTensor", RaggedRules::toTensor);
    rules.add(
        "RaggedTensorToSparse",
        (op, t) ->
            op.give(op.inputCount() - 1, t.reshapeLike(op.dy(1), op.in(op.inputCount() - 1))));
    rules.add("RaggedGather", RaggedRules::gather);
  }

  private static void toTensor(Backprop op, Ops t) {
    TensorRef values = op.in(1);
    TensorRef count = t.element(t.shape(values), 0);
    TensorRef outer =
        t.add(t.sub(t.rank(op.dy()), t.rank(values)), t.integer(1)); // dimensions of rows
    TensorRef shape = t.shape(op.dy());
    TensorRef rows = t.slice(shape, t.ints(0), t.reshape(outer, t.ints(1)));
    TensorRef places =
        t.op("RaggedTensorToTensor", op.node(), "row_partition_types")
            .input(rows)
            .input(t.range(t.integer(0), count))
            .input(t.integer(-1))
            .inputs(op.inputs().subList(3, op.inputCount()))
            .output();
    TensorRef inner = t.slice(shape, t.reshape(outer, t.ints(1)), t.ints(-1));
    TensorRef flat =
        t.reshape(op.dy(), t.concat(0, List.of(t.reshape(t.prod(rows), t.ints(1)), inner)));
    TensorRef ids = t.reshape(places, t.ints(-1));
    op.give(1, () -> t.call("UnsortedSegmentSum", flat, ids, count));
    op.give(
        2,
        () -> {
          TensorRef filled = // those without a value
              t.call(
                  "UnsortedSegmentSum",
                  flat,
                  t.call("Maximum", t.neg(t.add(ids, t.integer(1))), t.integer(-1)),
                  t.integer(1));
          TensorRef one = t.reshape(filled, inner);
          return Broadcasting.sumTo(op.in(2), List.of(one), one, t);
        });
  }

  private static void gather(Backprop op, Ops t) {
    int last = op.inputCount() - 1;
    TensorRef values = op.in(last - 1);
    OpBuilder again = t.op("RaggedGather", op.node(), "OUTPUT_RAGGED_RANK");
    List<TensorRef> found =
        again
            .inputs(op.inputs().subList(0, last - 1))
            .input(t.range(t.integer(0), t.element(t.shape(values), 0)))
            .input(op.in(last))
            .outputs();
    TensorRef places = found.get(found.size() - 1);
    op.give(last - 1, new Gradient.Sparse(places, op.dy(op.outputCount() - 1), t.shape(values)));
  }
}
