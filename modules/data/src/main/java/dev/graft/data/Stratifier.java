package dev.graft.data;

import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
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
 * label. A label with fewer groups than that is learned from only.
 */
final class Stratifier {

  private static final int NAMED = 5; // of what a note is about

  private final Dataset dataset;
  private final Split split;
  private final int[] shares;
  private final boolean isByLabel;
  private final List<String> notes = new ArrayList<>();

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

  /** What was decided about rare and doubtful labels, once there are {@link #parts}. */
  List<String> notes() {
    return notes;
  }

  /**
   * The examples of each part, in the dataset's order.
   *
   * @throws BadDataException if nothing has examples for every part, or one label of several only
   */
  List<int[]> parts() {
    List<List<Integer>> parts = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    List<Integer> rare = new ArrayList<>();
    Random random = new Random(split.seed());
    Map<Integer, List<List<Integer>>> byLabel = groupsByLabel();
    for (Map.Entry<Integer, List<List<Integer>>> label : byLabel.entrySet()) {
      List<List<Integer>> groups = label.getValue();
      if (groups.size() < wanted()) {
        rare.add(label.getKey());
        groups.forEach(parts.get(0)::addAll);
        continue;
      }
      int[] counts = counts(groups.size());
      Collections.shuffle(groups, random);
      int next = 0;
      for (int part = 0; part < counts.length; part++) {
        groups.subList(next, next + counts[part]).forEach(parts.get(part)::addAll);
        next += counts[part];
      }
    }
    int divided = byLabel.size() - rare.size();
    if (divided == 0 || (divided == 1 && byLabel.size() > 1)) { // one alone is told by no score
      throw tooFew(byLabel, divided);
    }
    tell(rare);
    List<Integer> train = split.perLabel() == 0 ? parts.get(0) : some(parts.get(0));
    return List.of(sorted(train), sorted(parts.get(1)), sorted(parts.get(2)));
  }

  private static int[] sorted(List<Integer> examples) {
    return examples.stream().mapToInt(Integer::intValue).sorted().toArray();
  }

  /** Of {@code examples}, in their order, as many of each label as are used at most. */
  private List<Integer> some(List<Integer> examples) {
    int[] taken = new int[dataset.labels().size()];
    return examples.stream().filter(i -> taken[dataset.label(i)]++ < split.perLabel()).toList();
  }

  /** In how many parts each label has to be. */
  private int wanted() {
    return (int) Arrays.stream(shares).filter(share -> share > 0).count();
  }

  private BadDataException tooFew(Map<Integer, List<List<Integer>>> byLabel, int divided) {
    int most = byLabel.values().stream().mapToInt(List::size).max().orElse(0);
    String examples = most == 1 ? " different example" : " different examples";
    String why =
        divided == 1
            ? "only one of " + byLabel.size() + " labels has enough different examples"
            : (isByLabel ? "no label has more than " : "there are only ") + most + examples;
    return new BadDataException(
        why
            + "; at least "
            + wanted()
            + (divided == 1 ? " of two labels" : "")
            + " are needed to have one in each part"
            + (divided == 1 ? ", since a score on one label alone says nothing" : "")
            + ". Add some.");
  }

  private void tell(List<Integer> rare) {
    if (rare.isEmpty()) {
      return;
    }
    List<String> names =
        rare.stream().map(label -> "'" + dataset.labels().names().get(label) + "'").toList();
    notes.add(
        (rare.size() == 1 ? "label " : rare.size() + " labels, ")
            + named(names)
            + (rare.size() == 1 ? ", has" : ", have")
            + " fewer than "
            + wanted()
            + " different examples and "
            + (rare.size() == 1 ? "is" : "are")
            + " learned from only: no score tells how well");
  }

  /** The first of {@code names}, and how many more there are. */
  static String named(List<String> names) {
    int more = names.size() - NAMED;
    return String.join(", ", names.subList(0, Math.min(NAMED, names.size())))
        + (more > 0 ? " and " + more + " more" : "");
  }

  /** Groups of equal content; a group whose examples have several labels counts for the first. */
  private Map<Integer, List<List<Integer>>> groupsByLabel() {
    Map<String, List<Integer>> groups = new LinkedHashMap<>();
    for (int i = 0; i < dataset.size(); i++) {
      groups.computeIfAbsent(dataset.content(i), k -> new ArrayList<>()).add(i);
    }
    Map<Integer, List<List<Integer>>> byLabel = new LinkedHashMap<>();
    List<String> doubtful = new ArrayList<>();
    for (List<Integer> group : groups.values()) {
      int label = isByLabel ? dataset.label(group.get(0)) : 0;
      byLabel.computeIfAbsent(label, k -> new ArrayList<>()).add(group);
      group.stream()
          .filter(i -> isByLabel && dataset.label(i) != label)
          .findFirst()
          .ifPresent(i -> doubtful.add(dataset.name(group.get(0)) + " = " + dataset.name(i)));
    }
    if (!doubtful.isEmpty()) {
      notes.add("the same example stands under two labels: " + named(doubtful) + "; correct one");
    }
    return byLabel;
  }

  /** How many of {@code total} groups each part gets: largest remainders, none without. */
  private int[] counts(int total) {
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
