package dev.graft.trainer.metric;

import dev.graft.graph.TensorRef;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The mean over the labels of what {@link LabelScore} says of each, all labels counting alike. */
final class LabelMean implements Metric {

  private final String name;
  private final ToDoubleFunction<LabelScore> ofEach;

  LabelMean(String name, ToDoubleFunction<LabelScore> ofEach) {
    this.name = name;
    this.ofEach = ofEach;
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
