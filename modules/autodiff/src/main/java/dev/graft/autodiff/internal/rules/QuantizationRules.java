package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import java.util.List;

/** Rounding that pretends to be none: gradients pass straight through, as TensorFlow defines it. */
final class QuantizationRules {

  private QuantizationRules() {}

  static void addTo(RuleBook rules) {
    rules.add(
        "FakeQuantWithMinMaxArgs",
        (op, t) ->
            op.give(
                0,
                t.op(
                        "FakeQuantWithMinMaxArgsGradient",
                        op.node(),
                        "min",
                        "max",
                        "num_bits",
                        "narrow_range")
                    .input(op.dy())
                    .input(op.in(0))
                    .output()));
    for (String kind : List.of("FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel")) {
      rules.add(
          kind,
          (op, t) ->
              giveAll(
                  op,
                  t.op(kind + "Gradient", op.node(), "num_bits", "narrow_range")
                      .input(op.dy())
                      .input(op.in(0))
                      .input(op.in(1))
                      .input(op.in(2))
                      .outputs()));
    }
    rules.add((op, t) -> op.give(0, op::dy), "QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3");
    rules.add(
        "QuantizeAndDequantizeV4",
        (op, t) ->
            giveAll(
                op,
                t.op("QuantizeAndDequantizeV4Grad", op.node(), "axis")
                    .input(op.dy())
                    .input(op.in(0))
                    .input(op.in(1))
                    .input(op.in(2))
                    .outputs()));
  }

  private static void giveAll(Backprop op, List<TensorRef> gradients) {
    for (int i = 0; i < gradients.size(); i++) {
      TensorRef gradient = gradients.get(i);
      op.give(i, () -> gradient);
    }
  }
}
