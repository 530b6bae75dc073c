package dev.graft.trainer.metric;

import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * The share of the numbers' variance that the answers explain (the coefficient of determination): 1
 * for answers without error, 0 for always answering the mean, less for worse; of several numbers
 * the mean. As Keras' {@code R2Score} has it. An output that never varies counts as 0.
 */
final class RSquared implements Metric {

  @Override
  public String name() {
    return "r2";
  }

  @Override
  public List<TensorRef> sums(Judged batch) {
    HeadTensors head = batch.tensors();
    Scope g = head.g();
    TensorRef wanted = g.cast(head.rows(head.wanted()), DataType.DT_DOUBLE);
    TensorRef answered = g.cast(head.rows(head.logits()), DataType.DT_DOUBLE);
    return List.of(
        head.perColumn(g.add("SquaredDifference", answered, wanted)),
        head.perColumn(wanted),
        head.perColumn(g.add("Square", wanted)),
        head.perColumn(g.add("OnesLike", wanted)));
  }

  @Override
  public double of(List<double[]> sums) {
    double all = 0;
    int outputs = sums.get(0).length;
    for (int i = 0; i < outputs; i++) {
      double mean = sums.get(1)[i] / Math.max(1, sums.get(3)[i]);
      double variation = sums.get(2)[i] - sums.get(1)[i] * mean;
      all += variation > 0 ? 1 - sums.get(0)[i] / variation : 0;
    }
    return all / outputs;
  }
}
