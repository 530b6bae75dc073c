package dev.graft.serving;

import static java.util.Objects.requireNonNull;

import dev.graft.ServeOptions;
import dev.graft.error.BadRequestException;
import java.time.Duration;

/**
 * How a {@link Serving} answers.
 *
 * @param model how each version is opened: trust, the longest time for an answer, the cache
 * @param poll how often it looks for a newer version; zero for never
 * @param batch how many pictures are asked about in one run at most
 * @param delay how long a picture waits for others to come, at most; it waits only while others
 *     come, so a single client is answered at once
 * @param waiting how many pictures may wait for their turn; those beyond are refused
 */
public record ServingOptions(
    ServeOptions model, Duration poll, int batch, Duration delay, int waiting) {

  public ServingOptions {
    requireNonNull(model, "model");
    requireNonNull(poll, "poll");
    requireNonNull(delay, "delay");
    if (isUnfit(poll) || isUnfit(delay)) {
      throw new BadRequestException(
          "times are from zero to a day, given "
              + poll
              + " between looks (zero for never) and a delay of "
              + delay
              + ".");
    }
    if (batch < 1 || waiting < 1) {
      throw new BadRequestException(
          "a batch and the number of those that wait are 1 or more, given "
              + batch
              + " and "
              + waiting
              + ".");
    }
  }

  private static boolean isUnfit(Duration time) {
    return time.isNegative() || time.compareTo(Duration.ofDays(1)) > 0;
  }

  /** A look each five seconds, 8 pictures in a run, 2 ms of waiting for others, 256 that wait. */
  public static ServingOptions defaults() {
    return new ServingOptions(
        ServeOptions.defaults(), Duration.ofSeconds(5), 8, Duration.ofMillis(2), 256);
  }

  /** These options with versions opened otherwise. */
  public ServingOptions model(ServeOptions value) {
    return new ServingOptions(value, poll, batch, delay, waiting);
  }

  /** These options with another time between two looks for a newer version. */
  public ServingOptions poll(Duration value) {
    return new ServingOptions(model, value, batch, delay, waiting);
  }

  /** These options with other batches. */
  public ServingOptions batches(int most, Duration longest) {
    return new ServingOptions(model, poll, most, longest, waiting);
  }

  /** These options with room for another number of pictures that wait. */
  public ServingOptions waiting(int most) {
    return new ServingOptions(model, poll, batch, delay, most);
  }
}
