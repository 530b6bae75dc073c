package dev.graft.trainer;

import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import java.util.List;
import org.tensorflow.proto.DataType;

/** What the formulas of several objectives have in common. */
final class Losses {

  private final Scope g;
  private final TensorRef logits;
  private final TensorRef targets;
  private final int units;

  Losses(Scope g, TensorRef logits, TensorRef targets, int units) {
    this.g = g;
    this.logits = logits;
    this.targets = targets;
    this.units = units;
  }

  /** Whether the targets are label indices. */
  boolean areIndices() {
    return g.editor().dtype(targets) == DataType.DT_INT32;
  }

  /** The targets in shape and dtype of the logits: [N] becomes [N, 1]. */
  TensorRef wanted() {
    return g.add(
        "Reshape", g.cast(targets, g.editor().dtype(logits)), g.op("Shape").input(logits).output());
  }

  /** A number in the dtype of the logits. */
  TensorRef number(double value) {
    return g.scalarLike(logits, value);
  }

  /** A vector in the dtype of the logits. */
  TensorRef vector(List<Double> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i).floatValue();
    }
    return g.cast(g.floats(floats), g.editor().dtype(logits));
  }

  /** [N * positions, units]. */
  TensorRef rows(TensorRef tensor) {
    return g.add("Reshape", tensor, g.ints(-1, units));
  }

  /** 1 in the column of each index, 0 elsewhere. */
  TensorRef oneHot(TensorRef indices) {
    return g.op("OneHot")
        .input(indices)
        .input(g.scalar(units))
        .input(number(1))
        .input(number(0))
        .attr("axis", -1)
        .output();
  }

  /** {@code wanted * (1 - share) + evenly}. */
  TensorRef smooth(TensorRef wanted, double evenly, double share) {
    return share == 0
        ? wanted
        : g.add("AddV2", g.add("Mul", wanted, number(1 - share)), number(evenly));
  }

  /** Softmax cross-entropy of rows. */
  TensorRef softmax(TensorRef rows, TensorRef wanted) {
    return g.add("SoftmaxCrossEntropyWithLogits", rows, wanted);
  }

  /**
   * Sigmoid cross-entropy of each number: max(x, 0) - x z + log(1 + exp(-|x|)), without overflow.
   */
  TensorRef sigmoid(TensorRef x, TensorRef wanted) {
    TensorRef linear = g.add("Sub", g.add("Relu", x), g.add("Mul", x, wanted));
    return g.add("AddV2", linear, g.add("Log1p", g.add("Exp", g.add("Neg", g.add("Abs", x)))));
  }

  /** {@code vectors} brought to length 1; a vector that is almost 0 stays so. */
  TensorRef unit(TensorRef vectors) {
    TensorRef squares =
        g.op("Sum")
            .input(g.add("Square", vectors))
            .input(g.ints(-1))
            .attr("keep_dims", true)
            .output();
    TensorRef safe = g.add("Maximum", squares, g.scalarLike(squares, 1e-12));
    return g.add("Mul", vectors, g.add("Rsqrt", safe));
  }

  /** The mean over the last dimension. */
  TensorRef mean(TensorRef each) {
    return g.add("Mean", each, g.ints(-1));
  }

  /** [N] from one loss for each position of each example. */
  TensorRef perExample(TensorRef each) {
    TensorRef count = examples();
    TensorRef shape = g.op("Pack").inputs(List.of(count, g.scalar(-1))).attr("axis", 0).output();
    return g.add("Mean", g.add("Reshape", each, shape), g.ints(1));
  }

  private TensorRef examples() {
    TensorRef shape = g.op("Shape").input(logits).output();
    return g.add("GatherV2", shape, g.scalar(0), g.scalar(0));
  }

  /** See {@link Objective.Contrastive}. */
  TensorRef contrastive(double temperature) {
    TensorRef vectors = unit(rows(logits));
    TensorRef similar =
        g.op("MatMul").input(vectors).input(vectors).attr("transpose_b", true).output();
    TensorRef self = g.op("MatrixDiag").input(g.add("OnesLike", targetsAs(logits))).output();
    // an example is not among those it is compared with: its own similarity goes to -1e9
    TensorRef others =
        g.add(
            "Sub", g.add("RealDiv", similar, number(temperature)), g.add("Mul", self, number(1e9)));
    TensorRef logs = g.add("LogSoftmax", others);
    TensorRef column = g.add("ExpandDims", targets, g.scalar(1));
    TensorRef row = g.add("ExpandDims", targets, g.scalar(0));
    TensorRef same = g.cast(g.add("Equal", column, row), g.editor().dtype(logits));
    TensorRef peers = g.add("Sub", same, self);
    TensorRef count = g.add("Maximum", g.add("Sum", peers, g.ints(1)), number(1));
    // peers has a 0 where logs is about -1e9
    TensorRef sum = g.add("Sum", g.add("Mul", peers, logs), g.ints(1));
    return g.add("Neg", g.add("RealDiv", sum, count));
  }

  private TensorRef targetsAs(TensorRef like) {
    return g.cast(targets, g.editor().dtype(like));
  }
}
