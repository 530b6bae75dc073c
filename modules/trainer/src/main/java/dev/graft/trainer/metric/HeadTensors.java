package dev.graft.trainer.metric;

import dev.graft.error.Internal;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import org.tensorflow.proto.DataType;

/**
 * What a head answered to a batch and what was wanted of it, in the forms that losses and metrics
 * are made of.
 *
 * @param g where nodes are added
 * @param logits the head's raw answers, [N, ..., units]
 * @param targets what they should be, in the dtype of the data's answers
 * @param units the size of the last dimension of the logits
 */
@Internal
public record HeadTensors(Scope g, TensorRef logits, TensorRef targets, int units) {

  /** Whether the targets are label indices. */
  public boolean areIndices() {
    return g.editor().dtype(targets) == DataType.DT_INT32;
  }

  /** Adds the targets in shape and dtype of the logits: [N] becomes [N, 1]. */
  public TensorRef wanted() {
    return g.add(
        "Reshape", g.cast(targets, g.editor().dtype(logits)), g.op("Shape").input(logits).output());
  }

  /** Adds a number in the dtype of the logits. */
  public TensorRef number(double value) {
    return g.scalarLike(logits, value);
  }

  /** Adds {@code tensor} as [N * positions, units]. */
  public TensorRef rows(TensorRef tensor) {
    return g.add("Reshape", tensor, g.ints(-1, units));
  }

  /** Adds rows with a 1 in the column of each index, 0 elsewhere. */
  public TensorRef oneHot(TensorRef indices) {
    return g.op("OneHot")
        .input(indices)
        .input(g.scalar(units))
        .input(number(1))
        .input(number(0))
        .attr("axis", -1)
        .output();
  }

  /** Adds the sum of {@code rows} over the examples, a number for each column. */
  TensorRef perColumn(TensorRef rows) {
    return g.add("Sum", rows, g.ints(0));
  }
}
