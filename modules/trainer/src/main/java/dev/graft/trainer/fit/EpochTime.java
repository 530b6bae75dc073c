package dev.graft.trainer.fit;

import java.time.Duration;
import java.util.Optional;

/**
 * Tells from the first steps of a stretch, and from the score before it, how long an epoch takes on
 * this machine, and for how many of them there is time.
 */
final class EpochTime {

  private static final int MEASURED = 4; // steps, of which the first is slower than all others
  private static final Duration SHORT = Duration.ofSeconds(90); // not worth a word

  private final TimeLeft left;
  private final int batches; // of an epoch
  private final boolean needed; // so that one epoch is trained whatever it takes
  private long since;
  private Duration score = Duration.ZERO;
  private Duration measured = Duration.ZERO;
  private int steps;

  /**
   * For one stretch.
   *
   * @param batches how many steps make an epoch
   * @param needed whether there is no model without it: then one epoch of it is trained, at least
   */
  EpochTime(TimeLeft left, int batches, boolean needed) {
    this.left = left;
    this.batches = batches;
    this.needed = needed;
  }

  /** A step begins, or a score. */
  void begin() {
    since = left.now();
  }

  /** The validation part is scored. */
  void scored() {
    score = Duration.ofNanos(left.now() - since);
  }

  /**
   * A choice.
   *
   * @param epochs how many more there is time for
   * @param words how long they take, and why there are not more, for a person; none where there is
   *     nothing to tell
   */
  record Choice(int epochs, Optional<String> words) {}

  /**
   * A step is done; gives a choice once, when it is known how long steps take.
   *
   * @param wanted how many epochs are to come, with that of this step
   */
  Optional<Choice> stepped(int wanted) {
    steps++;
    measured = steps == 1 ? measured : measured.plusNanos(left.now() - since);
    if (steps != MEASURED) {
      return Optional.empty();
    }
    Duration each = measured.dividedBy(MEASURED - 1).multipliedBy(batches).plus(score);
    int epochs = Math.min(wanted, Math.max(left.epochs(each), needed ? 1 : 0));
    Duration all = each.multipliedBy(wanted);
    boolean isTold = epochs < wanted || all.compareTo(SHORT) > 0;
    return Optional.of(
        new Choice(epochs, isTold ? Optional.of(words(wanted, all, epochs)) : Optional.empty()));
  }

  private String words(int wanted, Duration all, int epochs) {
    String what = wanted + (wanted == 1 ? " epoch takes" : " epochs take");
    String about = what + " about " + TimeLeft.words(all);
    if (epochs == wanted) {
      return about + " at most";
    }
    return epochs == 0
        ? about + ", and of " + left + " in all there is not enough left for one"
        : about + ", so it is " + epochs + ", to keep to " + left + " in all";
  }

  /** Whether the time is over, and what was trained may end. */
  boolean isOver(int epochsDone) {
    return left.isOver() && !(needed && epochsDone == 0);
  }
}
