package dev.graft.trainer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Deals examples to the folds of a cross-validation, each label evenly. */
final class Folds {

  private final int[] fold;
  private final int count;

  private Folds(int[] fold, int count) {
    this.fold = fold;
    this.count = count;
  }

  /**
   * Deals examples to at most {@code wanted} folds: no more than the rarest label has examples, so
   * that each label is always among those learned from.
   *
   * @param labels the label of each example
   */
  static Folds of(int[] labels, int wanted, long seed) {
    Map<Integer, List<Integer>> byLabel = new TreeMap<>();
    for (int i = 0; i < labels.length; i++) {
      byLabel.computeIfAbsent(labels[i], k -> new ArrayList<>()).add(i);
    }
    int rarest = byLabel.values().stream().mapToInt(List::size).min().orElse(0);
    int count = Math.min(wanted, rarest);
    int[] fold = new int[labels.length];
    Random random = new Random(seed);
    int next = 0;
    for (List<Integer> examples : byLabel.values()) {
      Collections.shuffle(examples, random);
      for (int example : examples) {
        fold[example] = count == 0 ? 0 : next++ % count;
      }
    }
    return new Folds(fold, count < 2 ? 0 : count);
  }

  /** How many there are; 0 if there are too few examples to hold any back. */
  int count() {
    return count;
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
