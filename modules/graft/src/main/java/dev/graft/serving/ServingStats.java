package dev.graft.serving;

import java.time.Instant;
import java.util.Optional;

/**
 * What a {@link Serving} has done since it was opened, at one moment: for a page of health or
 * metrics.
 *
 * @param version the version that answers
 * @param since when it began to
 * @param pictures how they went
 * @param batches in how many runs they were answered
 * @param health whether it answers, and what went wrong last
 */
public record ServingStats(
    long version, Instant since, Pictures pictures, long batches, Health health) {

  /**
   * How pictures went.
   *
   * @param answered how many got an answer
   * @param failed how many got none, by their own fault or the model's
   * @param refused how many were not taken in
   * @param waiting how many wait now
   */
  public record Pictures(long answered, long failed, long refused, int waiting) {}

  /**
   * How it is.
   *
   * @param isOpen whether it takes examples: neither it nor the {@code Graft} that it was opened
   *     with is closed
   * @param leftOut what is wrong with the newer versions that were left out, or with their folder,
   *     if something is
   * @param lastError what an example failed by last that was not its own fault, such as a time that
   *     was over; stays until there is a later one
   */
  public record Health(boolean isOpen, Optional<String> leftOut, Optional<Failure> lastError) {}

  /**
   * What a run failed by.
   *
   * @param when it did
   * @param why what it says
   */
  public record Failure(Instant when, String why) {}
}
