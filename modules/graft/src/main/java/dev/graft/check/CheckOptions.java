package dev.graft.check;

import static java.util.Objects.requireNonNull;

import dev.graft.Trust;
import dev.graft.error.BadRequestException;
import dev.graft.internal.place.ModelFolder;
import dev.graft.words.Remedy;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How {@link ModelCheck} goes about it.
 *
 * @param trust whether the model may reach into files, the network or other code
 * @param timeout how long all of it may take
 * @param heapMegabytes the Java heap of the process that runs the model, 0 for the JVM's choice;
 *     TensorFlow's own memory comes on top
 * @param cache the folder below which archives are unpacked
 */
public record CheckOptions(Trust trust, Duration timeout, int heapMegabytes, Path cache) {

  public CheckOptions {
    requireNonNull(trust, "trust");
    requireNonNull(timeout, "timeout");
    requireNonNull(cache, "cache");
    if (timeout.isZero() || timeout.isNegative()) {
      throw new BadRequestException(
          "the time for a check must be more than 0 s, given "
              + timeout.toSeconds()
              + "; leave it out for ten minutes.",
          Remedy.CHECK_TIME);
    }
    if (heapMegabytes < 0) {
      throw new BadRequestException(
          "the heap for a check must be 1 MB or more, given "
              + heapMegabytes
              + "; leave it out for the JVM's choice.",
          Remedy.CHECK_HEAP);
    }
  }

  /** No trust, ten minutes, the JVM's choice of heap, archives in {@code ~/.cache/graft}. */
  public static CheckOptions defaults() {
    return new CheckOptions(Trust.REFUSE, Duration.ofMinutes(10), 0, ModelFolder.CACHE);
  }

  /** These options with another say in what the model may reach for. */
  public CheckOptions trust(Trust value) {
    return new CheckOptions(value, timeout, heapMegabytes, cache);
  }

  /** These options with another limit on the time. */
  public CheckOptions timeout(Duration value) {
    return new CheckOptions(trust, value, heapMegabytes, cache);
  }

  /** These options with another limit on the Java heap. */
  public CheckOptions heapMegabytes(int value) {
    return new CheckOptions(trust, timeout, value, cache);
  }

  /** These options with archives unpacked below another folder. */
  public CheckOptions cache(Path folder) {
    return new CheckOptions(trust, timeout, heapMegabytes, folder);
  }
}
