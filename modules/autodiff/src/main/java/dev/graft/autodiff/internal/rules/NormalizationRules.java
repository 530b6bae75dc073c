package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import java.util.List;

/** Bias and normalisation. */
final class NormalizationRules {

  private NormalizationRules() {}

  static void addTo(RuleBook rules) {
    for (String version : List.of("", "V2", "V3")) {
      rules.onlyTo("FusedBatchNorm" + version, 0, 1, 2); // not to the statistics
    }
    rules.add("BiasAddGrad", NormalizationRules::biasAddGrad);
    rules.add(
        "BiasAdd",
        (op, t) -> {
          op.give(0, op::dy);
          op.give(1, () -> t.op("BiasAddGrad", op.node(), "data_format").input(op.dy()).output());
        });
    rules.add(
        "BiasAddV1",
        (op, t) -> {
          op.give(0, op::dy);
          op.give(1, () -> t.op("BiasAddGrad").input(op.dy()).output());
        });
    rules.add(
        NormalizationRules::fusedBatchNorm,
        "FusedBatchNorm",
        "FusedBatchNormV2",
        "FusedBatchNormV3");
    rules.add(
        "LRN",
        (op, t) ->
            op.give(
                0,
                t.op("LRNGrad", op.node(), "depth_radius", "bias", "alpha", "beta")
                    .input(op.dy())
                    .input(op.in(0))
                    .input(op.out(0))
                    .output()));
  }

  private static void fusedBatchNorm(Backprop op, Ops t) {
    if (!op.has(0)) {
      return; // the batch's statistics go into moving averages, which carry nothing
    }
    if (op.flag("is_training")) {
      trained(op, t);
    } else {
      frozen(op, t);
    }
  }

  private static void trained(Backprop op, Ops t) {
    String version = op.node().getOp().substring("FusedBatchNorm".length());
    var gradient =
        t.op("FusedBatchNormGrad" + version, op.node(), "epsilon", "data_format", "is_training")
            .input(op.dy())
            .input(op.in(0))
            .input(op.in(1))
            .input(op.out(3))
            .input(op.out(4));
    if (version.equals("V3")) {
      gradient.input(op.out(5));
    }
    List<TensorRef> found = gradient.outputs();
    for (int i = 0; i < 3; i++) {
      TensorRef part = found.get(i);
      op.give(i, () -> part);
    }
  }

  /**
   * With fixed statistics the op is x * scale / sqrt(variance + epsilon) + shift: plain arithmetic,
   * of which only what is wanted is computed.
   */
  private static void frozen(Backprop op, Ops t) {
    String format = op.text("data_format");
    int rank = format.length();
    int channel = format.indexOf('C');
    TensorRef deviation = t.call("Rsqrt", t.add(op.in(4), op.real("epsilon"))); // [channels]
    op.give(
        0,
        () -> {
          TensorRef factor = t.cast(t.mul(op.in(1), deviation), t.dtype(op.dy()));
          return t.mul(op.dy(), along(factor, channel, rank, t));
        });
    int[] others = new int[rank - 1];
    for (int i = 0, k = 0; i < rank; i++) {
      if (i != channel) {
        others[k++] = i;
      }
    }
    op.give(
        1,
        () -> {
          TensorRef dy = t.cast(op.dy(), t.dtype(op.in(1)));
          TensorRef x = t.cast(op.in(0), t.dtype(op.in(1)));
          TensorRef centred = t.sub(x, along(op.in(3), channel, rank, t));
          return t.mul(t.sum(t.mul(dy, centred), false, others), deviation);
        });
    op.give(2, () -> t.sum(t.cast(op.dy(), t.dtype(op.in(2))), false, others));
  }

  /** A vector of channels in a shape that broadcasts along dimension {@code channel}. */
  private static TensorRef along(TensorRef vector, int channel, int rank, Ops t) {
    if (channel == rank - 1) {
      return vector;
    }
    int[] shape = new int[rank];
    java.util.Arrays.fill(shape, 1);
    shape[channel] = -1;
    return t.reshape(vector, t.ints(shape));
  }

  /** The sum over all but the channels: each element gets its channel's gradient. */
  private static void biasAddGrad(Backprop op, Ops t) {
    TensorRef dy = op.dy();
    if (op.text("data_format").equals("NCHW")) { // batch, channels, and what there is behind them
      TensorRef rest = t.elements(t.shape(op.in(0)), 2, 0);
      TensorRef ones = t.call("OnesLike", rest);
      dy = t.reshape(dy, t.concat(0, List.of(t.ints(1, -1), ones)));
    }
    op.give(0, t.broadcastTo(dy, t.shape(op.in(0))));
  }
}
