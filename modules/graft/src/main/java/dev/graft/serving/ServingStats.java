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
 * @param lastFailure what is wrong with the newer versions that were left out, if some were
 */
public record ServingStats(
    long version, Instant since, Pictures pictures, long batches, Optional<String> lastFailure) {

  /**
   * How pictures went.
   *
   * @param answered how many got an answer
   * @param failed how many got none, by their own fault or the model's
   * @param refused how many were not taken in
   * @param waiting how many wait now
   */
  public record Pictures(long answered, long failed, long refused, int waiting) {}
}
