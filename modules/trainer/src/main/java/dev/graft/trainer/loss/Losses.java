package dev.graft.trainer.loss;

import dev.graft.error.Internal;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.trainer.metric.HeadTensors;
import java.util.List;

/** The formulas of the objectives, for one head and its targets. */
@Internal
public final class Losses {

  private final HeadTensors head;
  private final Scope g;
  private final TensorRef logits;
  private final TensorRef targets;

  /** Makes the formulas of a head's answers to a batch. */
  public Losses(HeadTensors head) {
    this.head = head;
    this.g = head.g();
    this.logits = head.logits();
    this.targets = head.targets();
  }

  /** See {@link Objective.CrossEntropy}. */
  TensorRef crossEntropy(double smoothing, List<Double> classWeights) {
    TensorRef flat = head.rows(logits);
    if (!head.areIndices()) {
      TensorRef wanted = head.rows(head.wanted());
      TensorRef each = softmax(flat, smooth(wanted, smoothing / head.units(), smoothing));
      return perExample(
          classWeights.isEmpty()
              ? each
              : weighted(each, classWeights, g.add("ArgMax", head.rows(targets), g.scalar(-1))));
    }
    TensorRef indices = g.add("Reshape", targets, g.ints(-1));
    TensorRef each =
        smoothing == 0
            ? g.op("SparseSoftmaxCrossEntropyWithLogits").input(flat).input(indices).output()
            : softmax(flat, smooth(head.oneHot(indices), smoothing / head.units(), smoothing));
    return perExample(classWeights.isEmpty() ? each : weighted(each, classWeights, indices));
  }

  private TensorRef weighted(TensorRef each, List<Double> classWeights, TensorRef labels) {
    return g.add("Mul", each, g.add("GatherV2", vector(classWeights), labels, g.scalar(0)));
  }

  /** See {@link Objective.BinaryCrossEntropy}. */
  TensorRef binaryCrossEntropy(double smoothing, List<Double> classWeights) {
    TensorRef each = sigmoid(logits, smooth(head.wanted(), smoothing / 2, smoothing));
    return perExample(
        mean(classWeights.isEmpty() ? each : g.add("Mul", each, vector(classWeights))));
  }

  /** See {@link Objective.Focal}. */
  TensorRef focal(double gamma, double alpha) {
    TensorRef logs = g.add("LogSoftmax", head.rows(logits));
    TensorRef wanted =
        head.areIndices()
            ? head.oneHot(g.add("Reshape", targets, g.ints(-1)))
            : head.rows(head.wanted());
    TensorRef missing = floored(g.add("Sub", head.number(1), g.add("Exp", logs)));
    TensorRef factor = g.add("Mul", g.add("Pow", missing, head.number(gamma)), head.number(-alpha));
    return perExample(g.add("Sum", g.add("Mul", factor, g.add("Mul", wanted, logs)), g.ints(-1)));
  }

  /** See {@link Objective.BinaryFocal}. */
  TensorRef binaryFocal(double gamma) {
    TensorRef wanted = head.wanted();
    TensorRef one = head.number(1);
    TensorRef sure = g.add("Sigmoid", logits);
    TensorRef right =
        g.add(
            "AddV2",
            g.add("Mul", wanted, sure),
            g.add("Mul", g.add("Sub", one, wanted), g.add("Sub", one, sure)));
    TensorRef factor = g.add("Pow", floored(g.add("Sub", one, right)), head.number(gamma));
    return perExample(mean(g.add("Mul", factor, sigmoid(logits, wanted))));
  }

  /**
   * At least 1e-7, Keras' epsilon: to a power below 1, what is missing of a certain answer has no
   * finite gradient where it is 0.
   */
  private TensorRef floored(TensorRef missing) {
    return g.add("Maximum", missing, head.number(1e-7));
  }

  /** See {@link Objective.SquaredError}. */
  TensorRef squaredError() {
    return perExample(mean(g.add("SquaredDifference", logits, head.wanted())));
  }

  /** See {@link Objective.AbsoluteError}. */
  TensorRef absoluteError() {
    return perExample(mean(g.add("Abs", g.add("Sub", logits, head.wanted()))));
  }

  /** See {@link Objective.Huber}. */
  TensorRef huber(double delta) {
    TensorRef far = g.add("Abs", g.add("Sub", logits, head.wanted()));
    TensorRef limit = head.number(delta);
    TensorRef near = g.add("Minimum", far, limit);
    // near^2 / 2 + delta (far - near): the same as both branches, without a choice
    TensorRef square = g.add("Mul", head.number(0.5), g.add("Square", near));
    return perExample(mean(g.add("AddV2", square, g.add("Mul", limit, g.add("Sub", far, near)))));
  }

  /** See {@link Objective.Cosine}. */
  TensorRef cosine() {
    TensorRef product = g.add("Mul", unit(head.wanted()), unit(logits));
    return perExample(g.add("Neg", g.add("Sum", product, g.ints(-1))));
  }

  /** See {@link Objective.Contrastive}. */
  TensorRef contrastive(double temperature) {
    TensorRef vectors = unit(head.rows(logits));
    TensorRef similar =
        g.op("MatMul").input(vectors).input(vectors).attr("transpose_b", true).output();
    TensorRef self = g.op("MatrixDiag").input(g.add("OnesLike", targetsAs(logits))).output();
    // an example is not among those it is compared with: its own similarity goes to -1e9
    TensorRef others =
        g.add(
            "Sub",
            g.add("RealDiv", similar, head.number(temperature)),
            g.add("Mul", self, head.number(1e9)));
    TensorRef logs = g.add("LogSoftmax", others);
    TensorRef column = g.add("ExpandDims", targets, g.scalar(1));
    TensorRef row = g.add("ExpandDims", targets, g.scalar(0));
    TensorRef same = g.cast(g.add("Equal", column, row), g.editor().dtype(logits));
    TensorRef peers = g.add("Sub", same, self);
    TensorRef count = g.add("Maximum", g.add("Sum", peers, g.ints(1)), head.number(1));
    // peers has a 0 where logs is about -1e9
    TensorRef sum = g.add("Sum", g.add("Mul", peers, logs), g.ints(1));
    return g.add("Neg", g.add("RealDiv", sum, count));
  }

  /** A vector in the dtype of the logits. */
  private TensorRef vector(List<Double> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i).floatValue();
    }
    return g.cast(g.floats(floats), g.editor().dtype(logits));
  }

  /** {@code wanted * (1 - share) + evenly}. */
  private TensorRef smooth(TensorRef wanted, double evenly, double share) {
    return share == 0
        ? wanted
        : g.add("AddV2", g.add("Mul", wanted, head.number(1 - share)), head.number(evenly));
  }

  /** Softmax cross-entropy of rows. */
  private TensorRef softmax(TensorRef rows, TensorRef wanted) {
    return g.add("SoftmaxCrossEntropyWithLogits", rows, wanted);
  }

  /**
   * Sigmoid cross-entropy of each number: max(x, 0) - x z + log(1 + exp(-|x|)), without overflow.
   * By choices, as in TensorFlow: at 0, where solved heads start, Relu and Abs have gradients of 0,
   * which do not add up to sigmoid(0) - z.
   */
  private TensorRef sigmoid(TensorRef x, TensorRef wanted) {
    TensorRef zeros = g.add("ZerosLike", x);
    TensorRef positive = g.add("GreaterEqual", x, zeros);
    TensorRef linear = g.add("Sub", g.add("SelectV2", positive, x, zeros), g.add("Mul", x, wanted));
    TensorRef negative = g.add("SelectV2", positive, g.add("Neg", x), x);
    return g.add("AddV2", linear, g.add("Log1p", g.add("Exp", negative)));
  }

  /** {@code vectors} brought to length 1; a vector that is almost 0 stays so. */
  private TensorRef unit(TensorRef vectors) {
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
  private TensorRef mean(TensorRef each) {
    return g.add("Mean", each, g.ints(-1));
  }

  /** [N] from one loss for each position of each example. */
  private TensorRef perExample(TensorRef each) {
    TensorRef count = examples();
    TensorRef shape = g.op("Pack").inputs(List.of(count, g.scalar(-1))).attr("axis", 0).output();
    return g.add("Mean", g.add("Reshape", each, shape), g.ints(1));
  }

  private TensorRef examples() {
    TensorRef shape = g.op("Shape").input(logits).output();
    return g.at(shape, 0);
  }

  private TensorRef targetsAs(TensorRef like) {
    return g.cast(targets, g.editor().dtype(like));
  }
}
