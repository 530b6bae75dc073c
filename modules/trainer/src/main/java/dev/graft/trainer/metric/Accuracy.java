package dev.graft.trainer.metric;

import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import java.util.List;

/**
 * The share of examples that were given their label; where any number of labels may hold, the share
 * of all answers, yes or no, that are right. As Keras' {@code SparseCategoricalAccuracy} and {@code
 * BinaryAccuracy} have it.
 */
final class Accuracy implements Metric {

  @Override
  public String name() {
    return "accuracy";
  }

  @Override
  public List<TensorRef> sums(Judged batch) {
    LabelMarks marks = LabelMarks.of(batch);
    if (batch.head().kind().targets() == Head.Targets.ONE_LABEL) {
      return List.of(marks.right(), marks.count());
    }
    HeadTensors head = batch.tensors();
    return List.of(
        head.perColumn(marks.same()), head.perColumn(head.g().add("OnesLike", marks.same())));
  }

  @Override
  public double of(List<double[]> sums) {
    return Metric.total(sums.get(0)) / Math.max(1, Metric.total(sums.get(1)));
  }
}
