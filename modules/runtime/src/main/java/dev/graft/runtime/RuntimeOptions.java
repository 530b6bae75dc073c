package dev.graft.runtime;

import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How TensorFlow runs in this process. Immutable; start from {@link #defaults()} and change with
 * the {@code with} methods.
 *
 * @param processor where ops run
 * @param threads how many threads ops have. TensorFlow makes them once in a process: the first
 *     runtime decides
 * @param compute what the steps of trainings compute with; all other sessions have its fusion and
 *     are exact for the rest
 * @param nativeLog the file that gets what TensorFlow's C++ code writes to the standard error
 *     stream; empty to leave that stream alone. See {@link NativeLog}
 * @param features where those of a training go
 */
@Internal
public record RuntimeOptions(
    Processor processor,
    Threads threads,
    Compute compute,
    Optional<Path> nativeLog,
    Features features) {

  /** Where ops run. */
  public enum Device {
    /** On a GPU if TensorFlow finds one, else on the CPU. */
    AUTO,
    /** On the CPU, even if there is a GPU. */
    CPU,
    /** On a GPU; opening the runtime fails if TensorFlow finds none. */
    GPU
  }

  /**
   * Where ops run.
   *
   * @param device where
   * @param memoryGrowth whether GPU memory is taken as needed, rather than all of it at once
   */
  public record Processor(Device device, boolean memoryGrowth) {}

  /**
   * Threads of TensorFlow.
   *
   * @param inside one op, 0 for TensorFlow's choice (one per core)
   * @param sideBySide ops that run at once, 0 for TensorFlow's choice
   */
  public record Threads(int inside, int sideBySide) {
    public Threads {
      if (inside < 0 || sideBySide < 0) {
        throw new BadRequestException(
            "a thread count is negative; give 0 to let TensorFlow choose, or a positive number.");
      }
    }
  }

  /**
   * Where the features of a training go.
   *
   * @param memory which share of Java's memory they may take, 0 to 1
   * @param folder where they are kept for other runs; none to keep none
   */
  public record Features(double memory, Optional<Path> folder) {

    /** These, kept in a folder. */
    public Features in(Path value) {
      return new Features(memory, Optional.of(value));
    }
  }

  /** A GPU if there is one, TensorFlow's own thread counts, exact, stderr left alone. */
  public static RuntimeOptions defaults() {
    return new RuntimeOptions(
        new Processor(Device.AUTO, true),
        new Threads(0, 0),
        Compute.EXACT,
        Optional.empty(),
        new Features(0.5, Optional.empty()));
  }

  /** Where ops run. */
  public Device device() {
    return processor.device();
  }

  /** Returns these options on another device. */
  public RuntimeOptions device(Device value) {
    Processor other = new Processor(value, processor.memoryGrowth());
    return new RuntimeOptions(other, threads, compute, nativeLog, features);
  }

  /** Returns these options with other thread counts, 0 for TensorFlow's choice. */
  public RuntimeOptions threads(int inside, int sideBySide) {
    Threads counts = new Threads(inside, sideBySide);
    return new RuntimeOptions(processor, counts, compute, nativeLog, features);
  }

  /** Returns these options with GPU memory taken as needed, or all at once. */
  public RuntimeOptions memoryGrowth(boolean value) {
    Processor other = new Processor(processor.device(), value);
    return new RuntimeOptions(other, threads, compute, nativeLog, features);
  }

  /** Returns these options with another way to compute. */
  public RuntimeOptions compute(Compute value) {
    return new RuntimeOptions(processor, threads, value, nativeLog, features);
  }

  /** Returns these options with TensorFlow's standard error lines in a file. */
  public RuntimeOptions nativeLog(Path file) {
    return new RuntimeOptions(processor, threads, compute, Optional.of(file), features);
  }

  /** Returns these options with other places for features. */
  public RuntimeOptions features(Features value) {
    return new RuntimeOptions(processor, threads, compute, nativeLog, value);
  }
}
