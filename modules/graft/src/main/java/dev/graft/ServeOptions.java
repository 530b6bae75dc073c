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
 * @param warmUp how many examples it is asked about at once when it is opened, beside a single one;
 *     opening fails then if its answer to that is no number, or it does not answer the request that
 *     it brings along for a server to begin with. Zero if it need not answer: what its signatures
 *     and labels are can be asked all the same
 */
public record ServeOptions(
    Trust trust, Duration timeout, Path cache, Optional<String> signature, int warmUp) {

  public ServeOptions {
    requireNonNull(trust, "trust");
    requireNonNull(timeout, "timeout");
    requireNonNull(cache, "cache");
    requireNonNull(signature, "signature");
    if (timeout.isNegative()) {
      throw new BadRequestException(
          "the time for an answer is " + timeout + "; give more than zero, or zero for any time.");
    }
    if (warmUp < 0) {
      throw new BadRequestException(
          "a model is warmed up with " + warmUp + " examples at once; give zero or more.");
    }
  }

  /** No trust, two minutes for a call, archives in {@code ~/.cache/graft}, no need to answer. */
  public static ServeOptions defaults() {
    return new ServeOptions(
        Trust.REFUSE, Duration.ofMinutes(2), ModelFolder.CACHE, Optional.empty(), 0);
  }

  /** These options with another say in what the model may reach for. */
  public ServeOptions trust(Trust value) {
    requireNonNull(value, "trust");
    return new ServeOptions(value, timeout, cache, signature, warmUp);
  }

  /** These options with another limit on the time of a call. */
  public ServeOptions timeout(Duration value) {
    requireNonNull(value, "timeout");
    return new ServeOptions(trust, value, cache, signature, warmUp);
  }

  /** These options with archives unpacked below another folder. */
  public ServeOptions cache(Path folder) {
    requireNonNull(folder, "folder");
    return new ServeOptions(trust, timeout, folder, signature, warmUp);
  }

  /** These options with a signature to ask by. */
  public ServeOptions signature(String name) {
    requireNonNull(name, "name");
    return new ServeOptions(trust, timeout, cache, Optional.of(name), warmUp);
  }

  /** These options with a model that has to answer when it is opened, as many as that at once. */
  public ServeOptions warmUp(int examples) {
    return new ServeOptions(trust, timeout, cache, signature, examples);
  }
}
