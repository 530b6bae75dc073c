package dev.graft.autodiff.internal.rules;

import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

class LossRulesTest extends RuleContract {

  private static final double[] LABELS = {1, 0, 0, 0, 0.25, 0.25, 0.25, 0.25, 0, 0.5, 0.1, 0.4};

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    cases.add(RuleCase.of("L2Loss", c -> c.call("L2Loss", c.x(2, 3))));
    cases.add(
        RuleCase.of(
            "SparseSoftmaxCrossEntropyWithLogits",
            c ->
                c.op("SparseSoftmaxCrossEntropyWithLogits")
                    .input(c.x(3, 4))
                    .input(c.ints(2, 0, 3))
                    .outputs()
                    .get(0)));
    cases.add(
        RuleCase.of(
            "SparseSoftmaxCrossEntropyWithLogits empty",
            c ->
                c.op("SparseSoftmaxCrossEntropyWithLogits")
                    .input(c.x(0, 4))
                    .input(c.longs(Shape.of(0)))
                    .outputs()
                    .get(0)));
    cases.add(
        RuleCase.of(
            "SoftmaxCrossEntropyWithLogits",
            c ->
                c.op("SoftmaxCrossEntropyWithLogits")
                    .input(c.x(3, 4))
                    .input(c.real(LABELS, 3, 4))
                    .outputs()
                    .get(0)));
    cases.add(
        RuleCase.of(
            "SoftmaxCrossEntropyWithLogits broadcasts",
            c ->
                c.op("SoftmaxCrossEntropyWithLogits")
                    .input(c.x(3, 4))
                    .input(c.hidden(c.real(new double[] {0.1, 0.2, 0.3, 0.4}, 1, 4)))
                    .outputs()
                    .get(0)));
    cases.add(
        RuleCase.of(
            "SoftmaxCrossEntropyWithLogits by labels",
            c ->
                c.op("SoftmaxCrossEntropyWithLogits")
                    .input(c.real(LABELS, 3, 4))
                    .input(c.positive(1, 4))
                    .outputs()
                    .get(0)));
    for (boolean collapse : new boolean[] {false, true}) {
      cases.add(
          RuleCase.of(
                  "CTCLoss " + collapse,
                  c ->
                      c.op("CTCLoss")
                          .input(c.x(5, 2, 4))
                          .input(c.longs(Shape.of(3, 2), 0, 0, 0, 1, 1, 0))
                          .input(c.ints(1, 2, 1))
                          .input(c.ints(5, 4))
                          .attr("preprocess_collapse_repeated", collapse)
                          .outputs()
                          .get(0))
              .inFloat32());
    }
    return cases.stream();
  }
}
