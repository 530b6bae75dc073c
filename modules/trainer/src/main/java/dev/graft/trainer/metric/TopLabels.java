package dev.graft.trainer.metric;

import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * The share of examples whose label is among the few that have the largest answers, as Keras'
 * {@code SparseTopKCategoricalAccuracy} has it.
 */
final class TopLabels implements Metric {

  static final int COUNT = 5;

  @Override
  public String name() {
    return "top-" + COUNT;
  }

  @Override
  public List<TensorRef> sums(Judged batch) {
    LabelMarks marks = LabelMarks.of(batch);
    HeadTensors head = batch.tensors();
    Scope g = head.g();
    TensorRef rows = g.cast(head.rows(head.logits()), DataType.DT_FLOAT);
    TensorRef in = g.add("InTopKV2", rows, marks.actual(), g.scalar(COUNT));
    return List.of(head.perColumn(g.cast(in, DataType.DT_FLOAT)), marks.count());
  }

  @Override
  public double of(List<double[]> sums) {
    return sums.get(0)[0] / Math.max(1, Metric.total(sums.get(1)));
  }
}
