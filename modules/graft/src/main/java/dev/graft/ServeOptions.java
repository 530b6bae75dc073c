package dev.graft;

import static java.util.Objects.requireNonNull;

import dev.graft.error.BadRequestException;
import dev.graft.internal.place.ModelFolder;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How {@link Graft#serve(Path, ServeOptions)} opens a model.
 *
 * @param trust whether the model may reach into files, the network or other code
 * @param timeout how long one call may take before it is given up; zero for any time
 * @param cache the folder below which archives are unpacked
 */
public record ServeOptions(Trust trust, Duration timeout, Path cache) {

  public ServeOptions {
    requireNonNull(trust, "trust");
    requireNonNull(timeout, "timeout");
    requireNonNull(cache, "cache");
    if (timeout.isNegative()) {
      throw new BadRequestException(
          "the time for an answer is " + timeout + "; give more than zero, or zero for any time.");
    }
  }

  /** No trust, two minutes for a call, archives in {@code ~/.cache/graft}. */
  public static ServeOptions defaults() {
    return new ServeOptions(Trust.REFUSE, Duration.ofMinutes(2), ModelFolder.CACHE);
  }

  /** These options with another say in what the model may reach for. */
  public ServeOptions trust(Trust value) {
    requireNonNull(value, "trust");
    return new ServeOptions(value, timeout, cache);
  }

  /** These options with another limit on the time of a call. */
  public ServeOptions timeout(Duration value) {
    requireNonNull(value, "timeout");
    return new ServeOptions(trust, value, cache);
  }

  /** These options with archives unpacked below another folder. */
  public ServeOptions cache(Path folder) {
    requireNonNull(folder, "folder");
    return new ServeOptions(trust, timeout, folder);
  }
}
