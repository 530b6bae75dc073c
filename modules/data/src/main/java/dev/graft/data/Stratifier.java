package dev.graft.data;

import dev.graft.model.BadDataException;
import dev.graft.model.BadRequestException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Divides a dataset label by label, or as a whole if its examples do not have one label each. The
 * unit is a group of examples with equal content. A part is filled up to its share, rounded so that
 * the parts of one label add up; each part that has a share at all gets at least one group of each
 * label.
 */
final class Stratifier {

  private final Dataset dataset;
  private final Split split;
  private final int[] shares;
  private final boolean isByLabel;

  Stratifier(Dataset dataset, Split split) {
    this.dataset = dataset;
    this.split = split;
    this.shares = new int[] {split.train(), split.validation(), split.test()};
    this.isByLabel = dataset.isOneLabel();
    if (split.perLabel() > 0 && !isByLabel) {
      throw new BadRequestException(
          "to take "
              + split.perLabel()
              + " examples of each label, each has to have one label; leave perLabel out.");
    }
  }

  /** The examples of each part, in the dataset's order. */
  List<int[]> parts() {
    List<List<Integer>> parts = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    Random random = new Random(split.seed());
    for (Map.Entry<Integer, List<List<Integer>>> label : groupsByLabel().entrySet()) {
      List<List<Integer>> groups = label.getValue();
      int[] counts = counts(groups.size(), label.getKey());
      Collections.shuffle(groups, random);
      int next = 0;
      for (int part = 0; part < counts.length; part++) {
        int taken =
            part == 0 && split.perLabel() > 0
                ? Math.min(counts[0], split.perLabel())
                : counts[part];
        groups.subList(next, next + taken).forEach(parts.get(part)::addAll);
        next += counts[part];
      }
    }
    return parts.stream()
        .map(part -> part.stream().mapToInt(Integer::intValue).sorted().toArray())
        .toList();
  }

  /** Groups of equal content; a group whose examples have several labels counts for the first. */
  private Map<Integer, List<List<Integer>>> groupsByLabel() {
    Map<String, List<Integer>> groups = new LinkedHashMap<>();
    for (int i = 0; i < dataset.size(); i++) {
      groups.computeIfAbsent(dataset.content(i), k -> new ArrayList<>()).add(i);
    }
    Map<Integer, List<List<Integer>>> byLabel = new LinkedHashMap<>();
    groups
        .values()
        .forEach(
            group ->
                byLabel
                    .computeIfAbsent(
                        isByLabel ? dataset.label(group.get(0)) : 0, k -> new ArrayList<>())
                    .add(group));
    return byLabel;
  }

  /** How many of {@code total} groups each part gets: largest remainders, none without. */
  private int[] counts(int total, int label) {
    int wanted = (int) Arrays.stream(shares).filter(share -> share > 0).count();
    if (total < wanted) {
      throw new BadDataException(
          (isByLabel
                  ? "label '" + dataset.labels().names().get(label) + "' has "
                  : "there are only ")
              + total
              + (total == 1 ? " example" : " different examples")
              + "; at least "
              + wanted
              + " are needed to have one in each part. Add some"
              + (isByLabel ? ", or leave the label out." : "."));
    }
    int sum = Arrays.stream(shares).sum();
    int[] counts = new int[shares.length];
    double[] missing = new double[shares.length];
    for (int i = 0; i < shares.length; i++) {
      double exact = (double) total * shares[i] / sum;
      counts[i] = shares[i] == 0 ? 0 : Math.max(1, (int) exact);
      missing[i] = shares[i] == 0 ? Double.NEGATIVE_INFINITY : exact - counts[i];
    }
    while (Arrays.stream(counts).sum() != total) {
      boolean add = Arrays.stream(counts).sum() < total;
      int at = furthest(counts, missing, add);
      counts[at] += add ? 1 : -1;
      missing[at] += add ? -1 : 1;
    }
    return counts;
  }

  /** The part that is the most below its share, or the most above and not at 1. */
  private static int furthest(int[] counts, double[] missing, boolean below) {
    @Nullable Integer best = null;
    for (int i = 0; i < counts.length; i++) {
      boolean candidate = below ? missing[i] != Double.NEGATIVE_INFINITY : counts[i] > 1;
      if (candidate
          && (best == null || (below ? missing[i] > missing[best] : missing[i] < missing[best]))) {
        best = i;
      }
    }
    return best == null ? 0 : best;
  }
}
