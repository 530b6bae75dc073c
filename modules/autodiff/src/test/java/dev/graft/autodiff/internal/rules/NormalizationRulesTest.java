package dev.graft.autodiff.internal.rules;

import dev.graft.graph.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

class NormalizationRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    cases.add(RuleCase.of("BiasAdd", c -> c.call("BiasAdd", c.x(2, 2, 3), c.x(3))));
    cases.add(RuleCase.of("BiasAdd empty", c -> c.call("BiasAdd", c.x(0, 3), c.x(3))));
    cases.add(
        RuleCase.of(
            "BiasAdd NCHW",
            c ->
                c.op("BiasAdd")
                    .input(c.x(2, 3, 2, 2))
                    .input(c.x(3))
                    .attr("data_format", "NCHW")
                    .output()));
    cases.add(channelsElsewhere(3));
    cases.add(channelsElsewhere(2)); // as many filters as rows
    cases.add(RuleCase.of("BiasAddV1", c -> c.call("BiasAddV1", c.x(2, 3), c.x(3))));
    cases.add(RuleCase.of("BiasAddGrad", c -> c.call("BiasAddGrad", c.x(2, 2, 3))));
    cases.add(
        RuleCase.of(
            "BiasAddGrad NCHW",
            c -> c.op("BiasAddGrad").input(c.x(2, 3, 2, 2)).attr("data_format", "NCHW").output()));
    for (String op : List.of("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")) {
      for (boolean training : new boolean[] {false, true}) {
        cases.add(
            RuleCase.of(
                    op + (training ? " training" : " inference"),
                    c -> batchNorm(c, op, training, c.x(3, 2, 2, 2), c.positive(2), c.x(2)))
                .inFloat32());
      }
    }
    for (boolean training : new boolean[] {false, true}) {
      String mode = training ? " training" : " inference";
      cases.add(
          RuleCase.of(
                  "FusedBatchNormV3 NCHW" + mode,
                  c -> batchNorm(c, "NCHW", training, c.x(3, 2, 2, 2)))
              .inFloat32());
      cases.add(
          RuleCase.of(
                  "FusedBatchNormV3 NDHWC" + mode,
                  c -> batchNorm(c, "NDHWC", training, c.x(2, 2, 2, 2, 2)))
              .inFloat32());
    }
    cases.add(
        RuleCase.of("FusedBatchNormV3 empty", c -> batchNorm(c, "NHWC", false, c.x(0, 2, 2, 2)))
            .inFloat32());
    cases.add(
        RuleCase.of(
                "LRN",
                c ->
                    c.op("LRN")
                        .input(c.x(1, 2, 2, 6))
                        .attr("depth_radius", 2)
                        .attr("bias", 1.2f)
                        .attr("alpha", 0.7f)
                        .attr("beta", 0.6f)
                        .output())
            .inFloat32());
    return cases.stream();
  }

  /** The bias of the rows of a 1x1 convolution's answer, not of its filters. */
  private static RuleCase channelsElsewhere(int filters) {
    return RuleCase.of(
        "BiasAdd NCHW after Conv2D 1x1 NHWC, filters " + filters,
        c -> {
          TensorRef y =
              c.op("Conv2D")
                  .input(c.x(2, 2, 3, 2))
                  .input(c.x(1, 1, 2, filters))
                  .attr("strides", RuleCase.list(1, 1, 1, 1))
                  .attr("padding", "SAME")
                  .output();
          return c.op("BiasAdd").input(y).input(c.x(2)).attr("data_format", "NCHW").output();
        });
  }

  private static TensorRef batchNorm(RuleCase c, String format, boolean training, TensorRef x) {
    double[] none = new double[0];
    return c.op("FusedBatchNormV3")
        .input(x)
        .input(c.positive(2))
        .input(c.x(2))
        .input(training ? c.real(none, 0) : c.real(new double[] {0.1, -0.3}, 2))
        .input(training ? c.real(none, 0) : c.real(new double[] {0.5, 1.3}, 2))
        .attr("epsilon", 0.02f)
        .attr("data_format", format)
        .attr("is_training", training)
        .output();
  }

  private static TensorRef batchNorm(
      RuleCase c, String op, boolean training, TensorRef x, TensorRef scale, TensorRef offset) {
    TensorRef mean = training ? c.real(new double[0], 0) : c.real(new double[] {0.1, -0.3}, 2);
    TensorRef variance = training ? c.real(new double[0], 0) : c.real(new double[] {0.5, 1.3}, 2);
    return c.op(op)
        .input(x)
        .input(scale)
        .input(offset)
        .input(mean)
        .input(variance)
        .attr("epsilon", 0.01f)
        .attr("is_training", training)
        .outputs()
        .get(0);
  }
}
