package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;

/** Losses that are ops of their own. */
final class LossRules {

  private LossRules() {}

  static void addTo(RuleBook rules) {
    rules.add("L2Loss", (op, t) -> op.give(0, t.mul(op.in(0), op.dy())));
    rules.add(
        "SparseSoftmaxCrossEntropyWithLogits",
        (op, t) -> op.give(0, t.mul(t.expandDims(op.dy(), -1), op.out(1))));
    rules.add("SoftmaxCrossEntropyWithLogits", LossRules::softmaxCrossEntropy);
    rules.add(
        (op, t) -> op.give(0, t.mul(op.out(1), t.expandDims(op.dy(), -1))), "CTCLoss", "CTCLossV2");
  }

  private static void softmaxCrossEntropy(Backprop op, Ops t) {
    TensorRef scale = t.expandDims(op.dy(), -1);
    op.reduce(0, () -> t.mul(scale, op.out(1)));
    op.reduce(1, () -> t.neg(t.mul(scale, t.call("LogSoftmax", op.in(0)))));
  }
}
