package dev.graft.trainer.boxes;

import dev.graft.data.boxes.Box;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which of the boxes answered for one label on one picture are right, in one range of areas: each,
 * beginning with the surest, takes the truth that it covers best of those that are left. Truth that
 * is a crowd or of another area is ignored, and with it the answers that take it; so are answers of
 * another area that take none.
 *
 * @param scores of the answers, falling
 * @param right for each answer a bit for each threshold: whether it took any truth
 * @param ignored for each answer a bit for each threshold: whether it counts neither way
 * @param wanted how many boxes should have been found
 */
record BoxMatching(double[] scores, int[] right, int[] ignored, int wanted) {

  /** More answers for one label on one picture are not looked at. */
  static final int MOST_ANSWERS = 100;

  /** How many thresholds of overlap there are. */
  static final int THRESHOLDS = 10;

  private static final double FIRST = .5;
  private static final double LAST = .95;

  /** From which overlap on an answer is right; computed as numpy does, to the bit. */
  static double threshold(int i) {
    return i == THRESHOLDS - 1 ? LAST : i * ((LAST - FIRST) / (THRESHOLDS - 1)) + FIRST;
  }

  /** The surest answers first; of equal ones those that came first. */
  static List<Detection> sorted(List<Detection> answers) {
    return answers.stream()
        .sorted(Comparator.comparingDouble((Detection each) -> 0 - each.score()))
        .limit(MOST_ANSWERS)
        .toList();
  }

  /**
   * Matches.
   *
   * @param truth of one label
   * @param answers of that label, {@link #sorted}
   */
  static BoxMatching of(List<Box> truth, List<Detection> answers, AreaRange range) {
    List<Box> all = new ArrayList<>();
    truth.stream().filter(box -> isWanted(box, range)).forEach(all::add);
    int wanted = all.size();
    truth.stream().filter(box -> !isWanted(box, range)).forEach(all::add);
    double[][] overlaps = overlaps(all, answers);
    int[] right = new int[answers.size()];
    int[] ignored = new int[answers.size()];
    for (int t = 0; t < THRESHOLDS; t++) {
      int[] taken = taken(overlaps, all, wanted, threshold(t));
      for (int i = 0; i < taken.length; i++) {
        boolean isIgnored = taken[i] < 0 ? !range.holds(answers.get(i).box()) : taken[i] >= wanted;
        right[i] |= taken[i] >= 0 ? 1 << t : 0;
        ignored[i] |= isIgnored ? 1 << t : 0;
      }
    }
    return new BoxMatching(
        answers.stream().mapToDouble(Detection::score).toArray(), right, ignored, wanted);
  }

  private static boolean isWanted(Box box, AreaRange range) {
    return !box.crowd() && range.holds(box);
  }

  static double[][] overlaps(List<Box> truth, List<Detection> answers) {
    double[][] overlaps = new double[answers.size()][truth.size()];
    for (int i = 0; i < answers.size(); i++) {
      for (int j = 0; j < truth.size(); j++) {
        overlaps[i][j] = overlap(answers.get(i).box(), truth.get(j));
      }
    }
    return overlaps;
  }

  /**
   * For each answer the truth that it takes, -1 for none.
   *
   * @param truth those that are wanted first
   * @param wanted how many these are
   */
  static int[] taken(double[][] overlaps, List<Box> truth, int wanted, double threshold) {
    boolean[] isTaken = new boolean[truth.size()];
    int[] taken = new int[overlaps.length];
    for (int i = 0; i < taken.length; i++) {
      taken[i] = best(overlaps[i], truth, isTaken, wanted, threshold);
      if (taken[i] >= 0) {
        isTaken[taken[i]] = true;
      }
    }
    return taken;
  }

  /** The truth that is covered best, the last of equal ones; what is wanted before all else. */
  private static int best(
      double[] overlaps, List<Box> truth, boolean[] taken, int wanted, double threshold) {
    double most = Math.min(threshold, 1 - 1e-10);
    int best = -1;
    for (int j = 0; j < overlaps.length; j++) {
      if (j >= wanted && best >= 0 && best < wanted) {
        break;
      }
      boolean isFree = !taken[j] || truth.get(j).crowd(); // a crowd has room for many
      if (isFree && overlaps[j] >= most) {
        most = overlaps[j];
        best = j;
      }
    }
    return best;
  }

  /** Intersection over union; with a crowd over the answer's area. */
  static double overlap(Box answer, Box truth) {
    double width = Math.min(answer.right(), truth.right()) - Math.max(answer.left(), truth.left());
    double height = Math.min(answer.bottom(), truth.bottom()) - Math.max(answer.top(), truth.top());
    if (width <= 0 || height <= 0) {
      return 0;
    }
    double both = width * height;
    return both / (truth.crowd() ? answer.pixels() : answer.pixels() + truth.pixels() - both);
  }
}
