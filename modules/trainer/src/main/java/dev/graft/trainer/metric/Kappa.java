package dev.graft.trainer.metric;

import dev.graft.graph.TensorRef;
import java.util.List;

/**
 * Cohen's kappa: how much of the agreement of answers and labels is more than chance, that is, more
 * than labels handed out as often as they were would come to. 1 for answers that are all right, 0
 * for always answering the same label, less for worse than chance. Where accuracy is high because
 * one label is frequent, this is not. Keras 2.15 has none; as scikit-learn's {@code
 * cohen_kappa_score} has it, but 0 where chance alone is always right.
 */
final class Kappa implements Metric {

  @Override
  public String name() {
    return "kappa";
  }

  @Override
  public List<TensorRef> sums(Judged batch) {
    return LabelMarks.of(batch).sums();
  }

  @Override
  public double of(List<double[]> sums) {
    double[] given = sums.get(1);
    double[] count = sums.get(2);
    double all = Math.max(1, Metric.total(count));
    double byChance = 0;
    for (int label = 0; label < count.length; label++) {
      byChance += given[label] / all * (count[label] / all);
    }
    double right = Metric.total(sums.get(0)) / all;
    return byChance < 1 ? (right - byChance) / (1 - byChance) : 0;
  }
}
