package dev.graft.trainer.metric;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.graft.error.Internal;
import dev.graft.model.Head;

/** The metrics that there are. A new one is a class, and a line here. */
@Internal
public final class Metrics {

  private static final Metric ACCURACY = new Accuracy();
  private static final Metric TOP = new TopLabels();
  private static final ImmutableList<Metric> OF_LABELS = LabelMean.all();
  private static final Metric KAPPA = new Kappa();
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
        all.addAll(OF_LABELS).add(KAPPA);
      }
      case ANY_LABELS -> all.add(ACCURACY).addAll(OF_LABELS);
      case NUMBERS -> all.add(MeanError.ABSOLUTE, MeanError.ROOT_SQUARED, new RSquared());
      case LIKENESS, BOXES -> {}
    }
    return isOfLabels(head) && hasCurve ? all.add(AUC).build() : all.build();
  }

  /** Returns the names of what there is of each label, as {@link LabelScore#metrics} has them. */
  public static ImmutableSet<String> ofEachLabel() {
    return LabelScore.METRICS.keySet();
  }

  /** Whether the head gives labels, so that there are {@link LabelScore}s of it. */
  public static boolean isOfLabels(Head head) {
    return head.kind().hasLabels();
  }
}
