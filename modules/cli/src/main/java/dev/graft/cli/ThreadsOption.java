package dev.graft.cli;

import dev.graft.error.BadRequestException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How much of the processor a command takes. */
final class ThreadsOption {

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Threads that TensorFlow computes with (one for each core; a resumed run: as before)."
              + " Only with as many is a result the same to the bit.")
  private @Nullable Integer threads;

  /**
   * The number, if one is given.
   *
   * @throws BadRequestException if it is none
   */
  Optional<Integer> threads() {
    if (threads != null && threads < 1) {
      throw new BadRequestException(
          "--threads "
              + threads
              + " is no number of threads; give 1 or more, or leave it out for one for each core.");
    }
    return Optional.ofNullable(threads);
  }
}
