package dev.graft;

import static java.util.Objects.requireNonNull;

import dev.graft.error.BadRequestException;
import dev.graft.internal.place.ModelFolder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How {@link Graft#serve(Path, ServeOptions)} opens a model.
 *
 * @param trust whether the model may reach into files, the network or other code
 * @param timeout how long one call may take before it is given up; zero for any time
 * @param cache the folder below which archives are unpacked
 * @param signature the signature to ask by; none for the one that takes encoded pictures, or {@code
 *     serving_default}
 */
public record ServeOptions(Trust trust, Duration timeout, Path cache, Optional<String> signature) {

  public ServeOptions {
    requireNonNull(trust, "trust");
    requireNonNull(timeout, "timeout");
    requireNonNull(cache, "cache");
    requireNonNull(signature, "signature");
    if (timeout.isNegative()) {
      throw new BadRequestException(
          "the time for an answer is " + timeout + "; give more than zero, or zero for any time.");
    }
  }

  /** No trust, two minutes for a call, archives in {@code ~/.cache/graft}. */
  public static ServeOptions defaults() {
    return new ServeOptions(
        Trust.REFUSE, Duration.ofMinutes(2), ModelFolder.CACHE, Optional.empty());
  }

  /** These options with another say in what the model may reach for. */
  public ServeOptions trust(Trust value) {
    requireNonNull(value, "trust");
    return new ServeOptions(value, timeout, cache, signature);
  }

  /** These options with another limit on the time of a call. */
  public ServeOptions timeout(Duration value) {
    requireNonNull(value, "timeout");
    return new ServeOptions(trust, value, cache, signature);
  }

  /** These options with archives unpacked below another folder. */
  public ServeOptions cache(Path folder) {
    requireNonNull(folder, "folder");
    return new ServeOptions(trust, timeout, folder, signature);
  }

  /** These options with a signature to ask by. */
  public ServeOptions signature(String name) {
    requireNonNull(name, "name");
    return new ServeOptions(trust, timeout, cache, Optional.of(name));
  }
}
