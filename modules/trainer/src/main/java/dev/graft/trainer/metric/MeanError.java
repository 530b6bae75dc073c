package dev.graft.trainer.metric;

import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.tensorflow.proto.DataType;

/** How far numbers are off in the mean, as Keras' metrics of the same names have it. */
final class MeanError implements Metric {

  /** The mean of the differences without their signs. */
  static final Metric ABSOLUTE = new MeanError("mae", "Abs", mean -> mean);

  /** The root of the mean of the squared differences. */
  static final Metric ROOT_SQUARED = new MeanError("rmse", "Square", Math::sqrt);

  private final String name;
  private final String op; // done to each difference
  private final DoubleUnaryOperator ofMean;

  private MeanError(String name, String op, DoubleUnaryOperator ofMean) {
    this.name = name;
    this.op = op;
    this.ofMean = ofMean;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<TensorRef> sums(Judged batch) {
    TensorRef off = batch.shared(Differences.class, Differences::of).rows();
    Scope g = batch.scope();
    HeadTensors head = batch.tensors();
    return List.of(head.perColumn(g.add(op, off)), head.perColumn(g.add("OnesLike", off)));
  }

  @Override
  public double of(List<double[]> sums) {
    double count = Math.max(1, Metric.total(sums.get(1)));
    return ofMean.applyAsDouble(Metric.total(sums.get(0)) / count);
  }

  @Override
  public boolean isSmallerBetter() {
    return true;
  }

  /** Answers minus targets, as rows of float64. */
  private record Differences(TensorRef rows) {
    static Differences of(Judged batch) {
      HeadTensors head = batch.tensors();
      Scope g = head.g();
      return new Differences(
          g.cast(head.rows(g.add("Sub", head.logits(), head.wanted())), DataType.DT_DOUBLE));
    }
  }
}
