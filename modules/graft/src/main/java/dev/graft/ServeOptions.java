package dev.graft;

import static java.util.Objects.requireNonNull;

import dev.graft.error.BadRequestException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How {@link Graft#serve(Path, ServeOptions)} opens a model.
 *
 * @param trust whether the model may reach into files, the network or other code
 * @param timeout how long one call may take before it is given up; zero for any time
 */
public record ServeOptions(Trust trust, Duration timeout) {

  public ServeOptions {
    requireNonNull(trust, "trust");
    requireNonNull(timeout, "timeout");
    if (timeout.isNegative()) {
      throw new BadRequestException(
          "the time for an answer is " + timeout + "; give more than zero, or zero for any time.");
    }
  }

  /** No trust, two minutes for a call. */
  public static ServeOptions defaults() {
    return new ServeOptions(Trust.REFUSE, Duration.ofMinutes(2));
  }

  /** These options with another say in what the model may reach for. */
  public ServeOptions trust(Trust value) {
    return new ServeOptions(value, timeout);
  }

  /** These options with another limit on the time of a call. */
  public ServeOptions timeout(Duration value) {
    return new ServeOptions(trust, value);
  }
}
