package dev.graft.trainer.internal.head;

import com.google.common.collect.ImmutableSortedSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Deals examples to the folds of a cross-validation, each label evenly. Equal examples stay in one
 * fold. Those of a label that has no two different ones are never held back.
 */
final class Folds {

  private static final int NEVER = -1;

  private final int[] fold;
  private final int count;
  private final ImmutableSortedSet<Integer> rare;

  private Folds(int[] fold, int count, Collection<Integer> rare) {
    this.fold = fold;
    this.count = count;
    this.rare = ImmutableSortedSet.copyOf(rare);
  }

  /**
   * Deals examples to at most {@code wanted} folds: no more than any label with two has different
   * examples, so that each label is always among those learned from.
   *
   * @param labels the label of each example
   * @param groups equal for equal examples
   */
  static Folds of(int[] labels, int[] groups, int wanted, long seed) {
    Map<Integer, Map<Integer, List<Integer>>> byLabel = new TreeMap<>();
    Map<Integer, Integer> labelOf = new HashMap<>(); // a group of several labels has the first's
    for (int i = 0; i < labels.length; i++) {
      labelOf.putIfAbsent(groups[i], labels[i]);
      byLabel
          .computeIfAbsent(labelOf.get(groups[i]), k -> new LinkedHashMap<>())
          .computeIfAbsent(groups[i], k -> new ArrayList<>())
          .add(i);
    }
    int count = wanted;
    TreeSet<Integer> rare = new TreeSet<>();
    for (Map.Entry<Integer, Map<Integer, List<Integer>>> label : byLabel.entrySet()) {
      if (label.getValue().size() < 2) {
        rare.add(label.getKey());
      } else {
        count = Math.min(count, label.getValue().size());
      }
    }
    int[] fold = new int[labels.length];
    if (rare.size() == byLabel.size()) {
      return new Folds(fold, 0, rare);
    }
    Random random = new Random(seed);
    int next = 0;
    for (Map.Entry<Integer, Map<Integer, List<Integer>>> label : byLabel.entrySet()) {
      List<List<Integer>> different = new ArrayList<>(label.getValue().values());
      Collections.shuffle(different, random);
      for (List<Integer> equal : different) {
        int into = rare.contains(label.getKey()) ? NEVER : next++ % count;
        equal.forEach(example -> fold[example] = into);
      }
    }
    return new Folds(fold, count, rare);
  }

  /** How many there are; 0 if there are too few examples to hold any back. */
  int count() {
    return count;
  }

  /** The labels of which no example is ever held back. */
  ImmutableSortedSet<Integer> rare() {
    return rare;
  }

  /** For each example whether it is held back in fold {@code k}. */
  boolean[] heldBack(int k) {
    boolean[] held = new boolean[fold.length];
    for (int i = 0; i < fold.length; i++) {
      held[i] = fold[i] == k;
    }
    return held;
  }
}
