package dev.graft.trainer;

import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.BadRequestException;
import dev.graft.model.Head;
import org.tensorflow.proto.DataType;

/** What training makes small: how far the logits are from the target, for each example. */
public sealed interface Objective {

  /**
   * Adds the loss of each example to a graph.
   *
   * @param logits the head's raw answers, [N, C]
   * @param targets what they should be, as {@link #targetType} says
   * @return [N], in the dtype of the logits
   */
  TensorRef perExample(Scope g, TensorRef logits, TensorRef targets);

  /** The dtype of the targets: int32 [N] for label indices, else float32 [N, C]. */
  DataType targetType();

  /** The usual objective for a head of this kind. */
  static Objective of(Head head) {
    return switch (head.kind()) {
      case SINGLE_LABEL -> new CrossEntropy();
      case MULTI_LABEL -> new BinaryCrossEntropy();
      case REGRESSION -> new SquaredError();
      case EMBEDDING ->
          throw new BadRequestException(
              "head '"
                  + head.name()
                  + "' gives an embedding, for which there is no usual objective; train with a"
                  + " classifier's head and cut it off afterwards.");
    };
  }

  /** Softmax cross-entropy with the index of the one right label. */
  record CrossEntropy() implements Objective {
    @Override
    public TensorRef perExample(Scope g, TensorRef logits, TensorRef targets) {
      return g.add("SparseSoftmaxCrossEntropyWithLogits", logits, targets);
    }

    @Override
    public DataType targetType() {
      return DataType.DT_INT32;
    }
  }

  /** Sigmoid cross-entropy, the mean over the labels; each target is 0 or 1. */
  record BinaryCrossEntropy() implements Objective {
    @Override
    public TensorRef perExample(Scope g, TensorRef logits, TensorRef targets) {
      // max(x, 0) - x z + log(1 + exp(-|x|)), which does not overflow
      TensorRef positive = g.add("Relu", logits);
      TensorRef product = g.add("Mul", logits, g.cast(targets, g.editor().dtype(logits)));
      TensorRef rest = g.add("Log1p", g.add("Exp", g.add("Neg", g.add("Abs", logits))));
      TensorRef each = g.add("AddV2", g.add("Sub", positive, product), rest);
      return g.add("Mean", each, g.ints(-1));
    }

    @Override
    public DataType targetType() {
      return DataType.DT_FLOAT;
    }
  }

  /** Squared difference, the mean over the outputs. */
  record SquaredError() implements Objective {
    @Override
    public TensorRef perExample(Scope g, TensorRef logits, TensorRef targets) {
      TensorRef wanted = g.cast(targets, g.editor().dtype(logits));
      return g.add("Mean", g.add("SquaredDifference", logits, wanted), g.ints(-1));
    }

    @Override
    public DataType targetType() {
      return DataType.DT_FLOAT;
    }
  }
}
