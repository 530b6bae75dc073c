package dev.graft.trainer.metric;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.TensorRef;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The mean over the labels of what {@link LabelScore} says of each, all labels counting alike. */
final class LabelMean implements Metric {

  private final String name;
  private final ToDoubleFunction<LabelScore> ofEach;

  private LabelMean(String name, ToDoubleFunction<LabelScore> ofEach) {
    this.name = name;
    this.ofEach = ofEach;
  }

  /** One of each metric that there is of a label. */
  static ImmutableList<Metric> all() {
    return LabelScore.METRICS.entrySet().stream()
        .map(each -> new LabelMean(each.getKey(), each.getValue()))
        .collect(ImmutableList.toImmutableList());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<TensorRef> sums(Judged batch) {
    return LabelMarks.of(batch).sums();
  }

  @Override
  public double of(List<double[]> sums) {
    int labels = sums.get(0).length;
    double sum = 0;
    for (int label = 0; label < labels; label++) {
      sum += ofEach.applyAsDouble(LabelScore.of("", label, sums));
    }
    return sum / labels;
  }
}
