package dev.graft.trainer.checkpoint;

import static java.util.Objects.requireNonNull;

import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Keeps a training from being lost. Given among its options, all that is needed to go on is written
 * to a folder, now and then and whenever a phase ends; and the same training begun again with the
 * same folder goes on from there. On the CPU, with as many threads, the outcome is the same to the
 * bit as without interruption.
 *
 * @param folder where; empty for no checkpoints
 * @param interval at most so much time between one and the next
 * @param steps at most so many steps between one and the next, however long they take
 * @param keep how many of the last are kept
 */
public record Checkpoints(Optional<Path> folder, Duration interval, int steps, int keep) {

  public Checkpoints {
    if (interval.isNegative() || steps < 1 || keep < 1) {
      throw new BadRequestException(
          "checkpoints are written every so many minutes or steps above 0, and at least one is"
              + " kept; given "
              + interval
              + ", "
              + steps
              + " and "
              + keep
              + ".");
    }
  }

  /**
   * Checkpoints in {@code folder}, made if it is not there: every two minutes, the last two kept.
   */
  public static Checkpoints in(Path folder) {
    requireNonNull(folder, "folder");
    return new Checkpoints(Optional.of(folder), Duration.ofMinutes(2), Integer.MAX_VALUE, 2);
  }

  /** No checkpoints. */
  public static Checkpoints none() {
    return new Checkpoints(Optional.empty(), Duration.ZERO, 1, 1);
  }

  /** These with at most {@code value} between one and the next. */
  public Checkpoints every(Duration value) {
    requireNonNull(value, "every");
    return new Checkpoints(folder, value, steps, keep);
  }

  /** These with at most so many steps between one and the next, however long they take. */
  public Checkpoints everySteps(int value) {
    return new Checkpoints(folder, interval, value, keep);
  }

  /** These with the last {@code value} kept. */
  public Checkpoints keep(int value) {
    return new Checkpoints(folder, interval, steps, value);
  }

  /** Opens the folder for one training. */
  @Internal
  public CheckpointFolder open() {
    return new CheckpointFolder(this);
  }
}
