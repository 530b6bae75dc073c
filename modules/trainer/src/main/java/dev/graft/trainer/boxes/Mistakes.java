package dev.graft.trainer.boxes;

import com.google.common.collect.ImmutableList;
import dev.graft.data.boxes.Box;
import dev.graft.error.Internal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What was answered wrongly on one picture, and what was not found, at an overlap of .5: for people
 * to look at.
 *
 * @param wrong answers that cover nothing of their label, the surest first
 * @param missed boxes that no answer covers, crowds apart, the largest first
 */
@Internal
public record Mistakes(List<Detection> wrong, List<Box> missed) {
  public Mistakes {
    wrong = ImmutableList.copyOf(wrong);
    missed = ImmutableList.copyOf(missed);
  }

  /**
   * Those of one picture.
   *
   * @param answers those that are sure enough to be looked at
   */
  public static Mistakes of(List<Box> truth, List<Detection> answers) {
    TreeSet<Integer> labels = new TreeSet<>();
    truth.forEach(box -> labels.add(box.label()));
    answers.forEach(answer -> labels.add(answer.box().label()));
    List<Detection> wrong = new ArrayList<>();
    List<Box> missed = new ArrayList<>();
    for (int label : labels) {
      List<Box> all = new ArrayList<>();
      truth.stream().filter(box -> box.label() == label && !box.crowd()).forEach(all::add);
      int wanted = all.size();
      truth.stream().filter(box -> box.label() == label && box.crowd()).forEach(all::add);
      List<Detection> given =
          BoxMatching.sorted(answers.stream().filter(each -> each.box().label() == label).toList());
      int[] taken =
          BoxMatching.taken(
              BoxMatching.overlaps(all, given), all, wanted, BoxMatching.threshold(0));
      boolean[] isFound = new boolean[all.size()];
      for (int i = 0; i < taken.length; i++) {
        if (taken[i] < 0) {
          wrong.add(given.get(i));
        } else {
          isFound[taken[i]] = true;
        }
      }
      IntStream.range(0, wanted).filter(i -> !isFound[i]).forEach(i -> missed.add(all.get(i)));
    }
    wrong.sort(Comparator.comparingDouble(each -> 0 - each.score()));
    missed.sort(Comparator.comparingDouble(box -> -box.pixels()));
    return new Mistakes(wrong, missed);
  }
}
