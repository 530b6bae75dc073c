package dev.graft.trainer.metric;

import com.google.common.collect.ImmutableList;
import dev.graft.error.Internal;
import dev.graft.model.Head;

/** The metrics that there are. A new one is a class, and a line here. */
@Internal
public final class Metrics {

  private static final Metric ACCURACY = new Accuracy();
  private static final Metric TOP = new TopLabels();
  private static final Metric PRECISION = new LabelMean("precision", LabelScore::precision);
  private static final Metric RECALL = new LabelMean("recall", LabelScore::recall);
  private static final Metric F1 = new LabelMean("f1", LabelScore::f1);
  private static final Metric AUC = new AreaUnderCurve();

  private Metrics() {}

  /** Returns the metrics of a head, in the order in which they are shown. */
  public static ImmutableList<Metric> of(Head head) {
    boolean hasTop = head.units() > TopLabels.COUNT;
    boolean hasCurve = head.units() <= AreaUnderCurve.MOST_LABELS;
    ImmutableList.Builder<Metric> all = ImmutableList.builder();
    switch (head.kind().targets()) {
      case ONE_LABEL -> {
        all.add(ACCURACY);
        if (hasTop) {
          all.add(TOP);
        }
        all.add(PRECISION, RECALL, F1);
      }
      case ANY_LABELS -> all.add(ACCURACY, PRECISION, RECALL, F1);
      case NUMBERS -> all.add(MeanError.ABSOLUTE, MeanError.ROOT_SQUARED, new RSquared());
      case LIKENESS, BOXES -> {}
    }
    return isOfLabels(head) && hasCurve ? all.add(AUC).build() : all.build();
  }

  /** Whether the head gives labels, so that there are {@link LabelScore}s of it. */
  public static boolean isOfLabels(Head head) {
    return head.kind().hasLabels();
  }
}
