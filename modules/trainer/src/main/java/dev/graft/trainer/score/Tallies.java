package dev.graft.trainer.score;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.trainer.internal.task.Goal;
import dev.graft.trainer.loss.Losses;
import dev.graft.trainer.metric.LabelScore;
import java.util.List;
import java.util.stream.IntStream;
import org.tensorflow.proto.DataType;

/**
 * Sums over examples that metrics are made of. The graph computes them for a batch; those of
 * several batches are added up. Definitions are those of Keras 2.15's metrics, over all positions
 * where a head answers at several.
 *
 * @param sums the sums of a batch, to be fetched
 * @param metrics makes the metrics of the sums of all batches, in the order of {@code sums}
 * @param ofLabels whether the first three sums are how often each label was given rightly, given,
 *     and right
 */
public record Tallies(ImmutableList<TensorRef> sums, Metrics metrics, boolean ofLabels) {

  /** Thresholds of the ROC curve, evenly spaced from 0 to 1; Keras' default. */
  private static final int THRESHOLDS = 200;

  /** With more labels than this no curve is drawn for each. */
  private static final int CURVES = 100;

  private static final int TOP = 5;

  /** Makes metrics by name of sums. */
  interface Metrics {
    ImmutableMap<String, Double> of(List<double[]> sums);
  }

  /** Adds what a goal's metrics need to a graph. */
  public static Tallies add(Scope g, Goal goal, TensorRef targets) {
    TensorRef logits = wide(g, goal.head().logits());
    int units = goal.head().units();
    return switch (goal.head().kind()) {
      case SINGLE_LABEL -> oneLabel(g, logits, targets, units);
      case MULTI_LABEL -> anyLabels(g, logits, targets, units);
      case REGRESSION -> numbers(g, logits, targets, units);
      case EMBEDDING -> new Tallies(ImmutableList.of(), sums -> ImmutableMap.of(), false);
    };
  }

  /** Half floats count to 2,048 (bfloat16: to 256), and round the shares that curves are of. */
  private static TensorRef wide(Scope g, TensorRef logits) {
    return switch (g.editor().dtype(logits)) {
      case DT_HALF, DT_BFLOAT16 -> g.cast(logits, DataType.DT_FLOAT);
      default -> logits;
    };
  }

  /** The names of a head's metrics, as {@link Metrics#of} gives them. */
  public static ImmutableList<String> metrics(Head head) {
    ImmutableList.Builder<String> names = ImmutableList.builder();
    switch (head.kind()) {
      case SINGLE_LABEL, MULTI_LABEL -> {
        names.add("accuracy");
        if (head.kind() == Head.Kind.SINGLE_LABEL && head.units() > TOP) {
          names.add("top-" + TOP);
        }
        names.add("precision", "recall", "f1");
        if (head.units() <= CURVES) {
          names.add("auc");
        }
      }
      case REGRESSION -> names.add("mae", "rmse");
      case EMBEDDING -> {}
    }
    return names.build();
  }

  private static Tallies oneLabel(Scope g, TensorRef logits, TensorRef targets, int units) {
    Losses losses = new Losses(g, logits, targets, units);
    TensorRef rows = losses.rows(logits);
    TensorRef predicted =
        g.op("ArgMax")
            .input(rows)
            .input(g.scalar(1))
            .attr("output_type", DataType.DT_INT32)
            .output();
    TensorRef actual =
        losses.areIndices()
            ? g.add("Reshape", targets, g.ints(-1))
            : g.op("ArgMax")
                .input(losses.rows(losses.wanted()))
                .input(g.scalar(1))
                .attr("output_type", DataType.DT_INT32)
                .output();
    TensorRef holds = losses.oneHot(actual);
    TensorRef given = losses.oneHot(predicted);
    ImmutableList.Builder<TensorRef> sums = ImmutableList.builder();
    sums.add(perLabel(g, g.add("Mul", holds, given)), perLabel(g, given), perLabel(g, holds));
    boolean hasTop = units > TOP;
    boolean hasCurve = units <= CURVES;
    if (hasTop) {
      TensorRef float32 = g.cast(rows, DataType.DT_FLOAT);
      TensorRef in = g.add("InTopKV2", float32, actual, g.scalar(TOP));
      sums.add(perLabel(g, g.cast(in, DataType.DT_FLOAT)));
    }
    if (hasCurve) {
      sums.addAll(curve(g, g.add("Softmax", rows), holds, units));
    }
    return new Tallies(
        sums.build(),
        totals -> {
          double[] right = totals.get(0);
          double[] count = totals.get(2);
          double all = sum(count);
          ImmutableMap.Builder<String, Double> metrics = ImmutableMap.builder();
          metrics.put("accuracy", sum(right) / Math.max(1, all));
          if (hasTop) {
            metrics.put("top-" + TOP, totals.get(3)[0] / Math.max(1, all));
          }
          putLabelMeans(metrics, right, totals.get(1), count);
          if (hasCurve) {
            int at = hasTop ? 4 : 3;
            metrics.put("auc", area(totals.get(at), totals.get(at + 1), units));
          }
          return metrics.buildOrThrow();
        },
        true);
  }

  private static Tallies anyLabels(Scope g, TensorRef logits, TensorRef targets, int units) {
    Losses losses = new Losses(g, logits, targets, units);
    DataType dtype = g.editor().dtype(logits);
    TensorRef rows = losses.rows(logits);
    TensorRef wanted = losses.rows(losses.wanted());
    TensorRef holds = g.cast(g.add("Greater", wanted, losses.number(0.5)), dtype);
    TensorRef given = g.cast(g.add("Greater", rows, losses.number(0)), dtype);
    TensorRef same = g.cast(g.op("Equal").input(holds).input(given).output(), dtype);
    ImmutableList.Builder<TensorRef> sums = ImmutableList.builder();
    sums.add(perLabel(g, g.add("Mul", holds, given)), perLabel(g, given), perLabel(g, holds));
    sums.add(perLabel(g, same), perLabel(g, g.add("OnesLike", same)));
    boolean hasCurve = units <= CURVES;
    if (hasCurve) {
      sums.addAll(curve(g, g.add("Sigmoid", rows), holds, units));
    }
    return new Tallies(
        sums.build(),
        totals -> {
          ImmutableMap.Builder<String, Double> metrics = ImmutableMap.builder();
          metrics.put("accuracy", sum(totals.get(3)) / Math.max(1, sum(totals.get(4))));
          putLabelMeans(metrics, totals.get(0), totals.get(1), totals.get(2));
          if (hasCurve) {
            metrics.put("auc", area(totals.get(5), totals.get(6), units));
          }
          return metrics.buildOrThrow();
        },
        true);
  }

  private static Tallies numbers(Scope g, TensorRef logits, TensorRef targets, int units) {
    Losses losses = new Losses(g, logits, targets, units);
    TensorRef off = g.cast(losses.rows(g.add("Sub", logits, losses.wanted())), DataType.DT_DOUBLE);
    return new Tallies(
        ImmutableList.of(
            perLabel(g, g.add("Abs", off)),
            perLabel(g, g.add("Square", off)),
            perLabel(g, g.add("OnesLike", off))),
        totals -> {
          double count = Math.max(1, sum(totals.get(2)));
          return ImmutableMap.of(
              "mae", sum(totals.get(0)) / count, "rmse", Math.sqrt(sum(totals.get(1)) / count));
        },
        false);
  }

  /**
   * How often each label was given, and rightly.
   *
   * @param totals as for {@link Metrics#of}
   */
  public ImmutableList<LabelScore> labels(Labels names, List<double[]> totals) {
    ImmutableList.Builder<LabelScore> scores = ImmutableList.builder();
    for (int i = 0; i < names.size(); i++) {
      scores.add(
          new LabelScore(
              names.names().get(i),
              (int) totals.get(2)[i],
              (int) totals.get(1)[i],
              (int) totals.get(0)[i]));
    }
    return scores.build();
  }

  private static TensorRef perLabel(Scope g, TensorRef rows) {
    return g.add("Sum", rows, g.ints(0));
  }

  /**
   * For each label and each stretch between thresholds, how many examples have it, and have not.
   */
  private static List<TensorRef> curve(Scope g, TensorRef shares, TensorRef holds, int units) {
    // as Keras does it: a share lies in stretch ceil(share * 199) - 1, where 0 counts as the first
    TensorRef scaled = g.add("Mul", shares, g.scalarLike(shares, THRESHOLDS - 1));
    TensorRef stretch = g.add("Relu", g.add("Sub", g.add("Ceil", scaled), g.scalarLike(shares, 1)));
    int[] first = IntStream.range(0, units).map(i -> i * THRESHOLDS).toArray();
    TensorRef bin = g.add("AddV2", g.cast(stretch, DataType.DT_INT32), g.ints(first));
    TensorRef bins = g.add("Reshape", bin, g.ints(-1));
    // whole numbers: added one by one, floats stay at 2^24
    TensorRef positive = g.cast(g.add("Reshape", holds, g.ints(-1)), DataType.DT_INT32);
    TensorRef negative = g.add("Sub", g.scalar(1), positive);
    TensorRef count = g.scalar(units * THRESHOLDS);
    return List.of(
        g.add("UnsortedSegmentSum", positive, bins, count),
        g.add("UnsortedSegmentSum", negative, bins, count));
  }

  /** The area under the ROC curve by trapezoids, the mean over the labels. */
  private static double area(double[] positive, double[] negative, int units) {
    double areas = 0;
    for (int label = 0; label < units; label++) {
      int from = label * THRESHOLDS;
      double positives = 0;
      double negatives = 0;
      double area = 0;
      for (int i = THRESHOLDS - 1; i >= 0; i--) {
        area += negative[from + i] * (positives + positive[from + i] / 2);
        positives += positive[from + i];
        negatives += negative[from + i];
      }
      areas += positives == 0 || negatives == 0 ? 0 : area / (positives * negatives);
    }
    return areas / units;
  }

  private static void putLabelMeans(
      ImmutableMap.Builder<String, Double> metrics,
      double[] right,
      double[] given,
      double[] count) {
    double precision = 0;
    double recall = 0;
    double f1 = 0;
    for (int label = 0; label < right.length; label++) {
      precision += given[label] == 0 ? 0 : right[label] / given[label];
      recall += count[label] == 0 ? 0 : right[label] / count[label];
      double both = given[label] + count[label];
      f1 += both == 0 ? 0 : 2 * right[label] / both;
    }
    metrics.put("precision", precision / right.length);
    metrics.put("recall", recall / right.length);
    metrics.put("f1", f1 / right.length);
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }
}
