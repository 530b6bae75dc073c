package dev.graft.autodiff.internal.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

class ActivationRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    for (String op :
        List.of(
            "Tanh",
            "Sigmoid",
            "Relu",
            "Relu6",
            "Elu",
            "Selu",
            "Softplus",
            "Softsign",
            "LeakyRelu")) {
      cases.add(RuleCase.of(op, c -> c.call(op, c.distinct(3, 5))));
      cases.add(RuleCase.of(op + " empty", c -> c.call(op, c.x(0, 5))));
    }
    cases.add(RuleCase.of("Relu6 above", c -> c.call("Relu6", c.between(6.1, 7, 4))));
    cases.add(
        RuleCase.of(
            "LeakyRelu alpha",
            c -> c.op("LeakyRelu").input(c.distinct(3, 5)).attr("alpha", 0.3f).output()));
    for (String op : List.of("Softmax", "LogSoftmax")) {
      cases.add(RuleCase.of(op, c -> c.call(op, c.x(3, 4))));
      cases.add(RuleCase.of(op + " 3D", c -> c.call(op, c.x(2, 2, 3))));
      cases.add(RuleCase.of(op + " empty", c -> c.call(op, c.x(0, 3))));
    }
    for (String op : List.of("EluGrad", "SeluGrad", "SoftplusGrad")) {
      cases.add(RuleCase.of(op, c -> c.call(op, c.x(2, 3), c.distinct(2, 3))));
    }
    for (String op : List.of("ReluGrad", "Relu6Grad", "LeakyReluGrad", "TanhGrad", "SigmoidGrad")) {
      cases.add(
          RuleCase.of(
              op,
              c ->
                  op.matches("Tanh.*|Sigm.*")
                      ? c.call(op, c.x(2, 3), c.x(2, 3))
                      : c.call(op, c.x(2, 3), c.real(new double[] {-1, 2, 7, 3, -4, 0.5}, 2, 3))));
    }
    return cases.stream();
  }
}
