package dev.graft.autodiff.internal.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Rounding has no slope to measure: what passes is what TensorFlow defines. */
class QuantizationRulesTest {

  private static final double[] X = {-2, -0.4, 0.2, 0.9, 3};

  @Test
  void argsPassInsideTheRange() {
    assertThat(
            gradients(
                c ->
                    c.op("FakeQuantWithMinMaxArgs")
                        .input(c.values(X, 5))
                        .attr("min", -1f)
                        .attr("max", 1f)
                        .output()))
        .containsExactly(new double[] {0, 1, 1, 1, 0});
  }

  /** The range is nudged so that zero is one of its steps: fewer steps move its ends. */
  @Test
  void stepsMoveTheRange() {
    for (boolean narrow : new boolean[] {false, true}) {
      double step = 2.2 / (narrow ? 2 : 3); // of two bits
      double low = -step;
      double[] x = {low - 0.01, low + 0.01, low + 2.2 - 0.01, low + 2.2 + 0.01};
      assertThat(
              gradients(
                  c ->
                      c.op("FakeQuantWithMinMaxArgs")
                          .input(c.values(x, 4))
                          .attr("min", -0.9f)
                          .attr("max", 1.3f)
                          .attr("num_bits", 2)
                          .attr("narrow_range", narrow)
                          .output()))
          .as("narrow %s", narrow)
          .containsExactly(new double[] {0, 1, 1, 0});
    }
  }

  @Test
  void varsGetWhatIsOutside() {
    assertThat(
            gradients(
                c ->
                    c.call(
                        "FakeQuantWithMinMaxVars",
                        c.values(X, 5),
                        c.values(new double[] {-1}),
                        c.values(new double[] {1}))))
        .containsExactly(new double[] {0, 1, 1, 1, 0}, new double[] {1}, new double[] {1});
  }

  @Test
  void channelsGetTheirOwn() {
    assertThat(
            gradients(
                c ->
                    c.call(
                        "FakeQuantWithMinMaxVarsPerChannel",
                        c.values(new double[] {-2, 0, 0.5, 3}, 2, 2),
                        c.values(new double[] {-1, -1}, 2),
                        c.values(new double[] {1, 1}, 2))))
        .containsExactly(new double[] {0, 1, 1, 0}, new double[] {1, 0}, new double[] {0, 1});
  }

  @Test
  void quantizeAndDequantizePassesThrough() {
    for (String op : List.of("QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3")) {
      assertThat(
              gradients(
                  c -> {
                    var node =
                        c.op(op).input(c.values(X, 5)).input(c.scalar(-1)).input(c.scalar(1));
                    return (op.endsWith("V3") ? node.input(c.integer(8)) : node).output();
                  }))
          .as(op)
          .containsExactly(new double[] {1, 1, 1, 1, 1});
    }
  }

  @Test
  void versionFourCutsAtTheRange() {
    assertThat(
            gradients(
                c ->
                    c.op("QuantizeAndDequantizeV4")
                        .input(c.values(X, 5))
                        .input(c.scalar(-1))
                        .input(c.scalar(1))
                        .attr("range_given", true)
                        .output()))
        .containsExactly(new double[] {0, 1, 1, 1, 0});
  }

  private static List<double[]> gradients(Function<RuleCase, TensorRef> body) {
    RuleCase rule = RuleCase.of("quantized", body).inFloat32().build();
    List<TensorRef> xs = List.copyOf(rule.xs().keySet());
    GradientGraph found = Differentiator.gradients(rule.graph(), rule.ys(), List.of(), xs);
    List<TensorRef> dense =
        xs.stream().map(x -> ((Gradient.Dense) found.gradients().get(x)).value()).toList();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(found.graph())) {
      Map<TensorRef, TensorValue> feeds = rule.xs();
      return session.run(feeds, dense, List.of()).stream().map(TensorValue::asDoubles).toList();
    }
  }
}
