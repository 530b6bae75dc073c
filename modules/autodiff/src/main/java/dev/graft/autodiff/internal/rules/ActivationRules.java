package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import java.util.List;

/** Activation functions. Those with a gradient kernel of TensorFlow's use it. */
final class ActivationRules {

  private ActivationRules() {}

  static void addTo(RuleBook rules) {
    for (String op : List.of("ReluGrad", "Relu6Grad", "LeakyReluGrad")) {
      rules.onlyTo(op, 0); // flat in the features
    }
    rules.add("Tanh", (op, t) -> op.give(0, t.call("TanhGrad", t.conj(op.out(0)), op.dy())));
    rules.add("Sigmoid", (op, t) -> op.give(0, t.call("SigmoidGrad", t.conj(op.out(0)), op.dy())));
    rules.add("Relu", (op, t) -> op.give(0, t.call("ReluGrad", op.dy(), op.out(0))));
    rules.add("Relu6", (op, t) -> op.give(0, t.call("Relu6Grad", op.dy(), op.out(0))));
    rules.add("Elu", (op, t) -> op.give(0, t.call("EluGrad", op.dy(), op.out(0))));
    rules.add("Selu", (op, t) -> op.give(0, t.call("SeluGrad", op.dy(), op.out(0))));
    rules.add("Softplus", (op, t) -> op.give(0, t.call("SoftplusGrad", op.dy(), op.in(0))));
    rules.add("Softsign", (op, t) -> op.give(0, t.call("SoftsignGrad", op.dy(), op.in(0))));
    rules.add(
        "LeakyRelu",
        (op, t) ->
            op.give(
                0,
                t.op("LeakyReluGrad", op.node(), "alpha").input(op.dy()).input(op.in(0)).output()));
    rules.add("Softmax", ActivationRules::softmax);
    rules.add(
        "LogSoftmax",
        (op, t) -> {
          TensorRef sum = t.sum(op.dy(), true, -1);
          op.give(0, t.sub(op.dy(), t.mul(sum, t.call("Exp", op.out(0)))));
        });
    gradients(rules);
  }

  private static void softmax(Backprop op, Ops t) {
    TensorRef y = op.out(0);
    TensorRef sum = t.sum(t.mul(op.dy(), y), true, -1);
    op.give(0, t.mul(t.sub(op.dy(), sum), y));
  }

  /** Of the gradient kernels themselves, which saved custom gradients and penalties may hold. */
  private static void gradients(RuleBook rules) {
    rules.add((op, t) -> op.give(0, t.call("ReluGrad", op.dy(), op.in(1))), "ReluGrad");
    rules.add((op, t) -> op.give(0, t.call("Relu6Grad", op.dy(), op.in(1))), "Relu6Grad");
    rules.add(
        "LeakyReluGrad",
        (op, t) ->
            op.give(
                0,
                t.op("LeakyReluGrad", op.node(), "alpha").input(op.dy()).input(op.in(1)).output()));
    for (String unit : List.of("EluGrad", "SeluGrad")) {
      rules.add(
          unit,
          (op, t) -> {
            op.give(0, () -> t.call(unit, op.dy(), op.in(1)));
            op.give(
                1,
                () -> {
                  TensorRef zero = t.scalarLike(op.in(1), 0);
                  TensorRef below = t.call("Less", op.in(1), zero);
                  return t.where(below, t.mul(op.dy(), op.in(0)), zero);
                });
          });
    }
    rules.add(
        "SoftplusGrad",
        (op, t) -> {
          op.give(0, () -> t.call("SoftplusGrad", op.dy(), op.in(1)));
          op.give(
              1,
              () -> t.call("SigmoidGrad", t.call("Sigmoid", op.in(1)), t.mul(op.dy(), op.in(0))));
        });
    rules.add(
        "TanhGrad",
        (op, t) -> {
          TensorRef twice = t.mul(t.mul(op.dy(), op.in(1)), -2);
          op.give(0, () -> t.mul(twice, op.in(0)));
          op.give(1, () -> t.call("TanhGrad", op.in(0), op.dy()));
        });
    rules.add(
        "SigmoidGrad",
        (op, t) -> {
          TensorRef weighted = t.mul(op.dy(), op.in(1));
          op.give(0, () -> t.sub(weighted, t.mul(t.mul(weighted, op.in(0)), 2)));
          op.give(1, () -> t.call("SigmoidGrad", op.in(0), op.dy()));
        });
  }
}
