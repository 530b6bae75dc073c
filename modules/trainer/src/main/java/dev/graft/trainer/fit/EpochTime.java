package dev.graft.trainer.fit;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Tells from the first steps of a stretch, and from the score before it, how long an epoch takes on
 * this machine, and for how many of them there is time.
 */
final class EpochTime {

  private static final int MEASURED = 4; // steps, of which the first is slower than all others

  private final TimeLeft left;
  private final int batches; // of an epoch
  private final boolean needed; // so that one epoch is trained whatever it takes
  private final LongSupplier nanos;
  private Duration score = Duration.ZERO;
  private long since;
  private int steps;

  /**
   * For one stretch.
   *
   * @param batches how many steps make an epoch
   * @param needed whether there is no model without it: then one epoch of it is trained, at least
   */
  EpochTime(TimeLeft left, int batches, boolean needed, LongSupplier nanos) {
    this.left = left;
    this.batches = batches;
    this.needed = needed;
    this.nanos = nanos;
    this.since = nanos.getAsLong();
  }

  /** The validation part was scored, and nothing else done since this was made. */
  void scored() {
    score = Duration.ofNanos(nanos.getAsLong() - since);
  }

  /**
   * A choice.
   *
   * @param epochs how many more there is time for
   * @param words how long they take, and why there are not more, for a person
   */
  record Choice(int epochs, String words) {}

  /**
   * A step is done; gives a choice once, when it is known how long steps take.
   *
   * @param wanted how many epochs are to come, with that of this step
   */
  Optional<Choice> stepped(int wanted) {
    steps++;
    if (steps == 1) {
      since = nanos.getAsLong();
    }
    if (steps != Math.min(MEASURED, batches) || steps == 1) {
      return Optional.empty();
    }
    long step = (nanos.getAsLong() - since) / (steps - 1);
    Duration each = Duration.ofNanos(step).multipliedBy(batches).plus(score);
    int most = Math.max(left.epochs(each), needed ? 1 : 0);
    int epochs = Math.min(wanted, most);
    String about = TimeLeft.words(each.multipliedBy(wanted));
    String all = wanted + (wanted == 1 ? " epoch takes" : " epochs take") + " about " + about;
    return Optional.of(
        new Choice(epochs, epochs == wanted ? all + " at most" : all + ", " + instead(epochs)));
  }

  private String instead(int epochs) {
    String limit = TimeLeft.words(left.limit());
    return epochs == 0
        ? "and of " + limit + " in all there is not enough left for one"
        : "so it is " + epochs + ", to keep to " + limit + " in all";
  }

  /** Whether the time is over, and what was trained may end. */
  boolean isOver(int epochsDone) {
    return left.isOver() && !(needed && epochsDone == 0);
  }
}
