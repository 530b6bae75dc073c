package dev.graft.runtime;

import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How TensorFlow runs in this process. Immutable; start from {@link #defaults()} and change with
 * the methods that take a value.
 *
 * @param processor where ops run
 * @param threads how many threads ops have. TensorFlow makes them once in a process: the first
 *     runtime decides
 * @param fusion whether TensorFlow's optimiser may put one kernel in the place of several ops, or
 *     regroup them. That rounds otherwise, and which groups it finds depends on the order of its
 *     passes, so two forms of one computation may differ in the last bit; without it they do the
 *     same arithmetic
 * @param nativeLog the file that gets what TensorFlow's C++ code writes to the standard error
 *     stream; empty to leave that stream alone. See {@link NativeLog}
 * @param features where those of a training go
 */
@Internal
public record RuntimeOptions(
    Processor processor,
    Threads threads,
    boolean fusion,
    Optional<Path> nativeLog,
    Features features) {

  /** The system property by which it is elsewhere, where CUDA is loaded without options, too. */
  private static final String FOLDER = "graft.cuda.folder";

  private static final Path CUDA =
      Optional.ofNullable(System.getProperty(FOLDER))
          .map(Path::of)
          .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "graft", "cuda"));

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
   * @param cuda the folder below which CUDA's libraries are unpacked, if the class path brings
   *     them, and what XLA compiled is kept
   * @param xla whether XLA compiles the steps of a training
   */
  public record Processor(Device device, boolean memoryGrowth, Path cuda, Xla xla) {

    /** Whether XLA may compile anything where there is such a GPU, or none. */
    boolean mayCompile(boolean hasCuda) {
      return xla == Xla.ON || (xla == Xla.AUTO && hasCuda);
    }
  }

  /** Whether XLA compiles the steps of a training. */
  public enum Xla {
    /** On a GPU if a measurement says that it pays; on the CPU not. */
    AUTO,
    /** Always. */
    ON,
    /** Never. */
    OFF
  }

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

  /** A GPU if there is one, TensorFlow's own thread counts, fused kernels, stderr left alone. */
  public static RuntimeOptions defaults() {
    return new RuntimeOptions(
        new Processor(Device.AUTO, true, CUDA, Xla.AUTO),
        new Threads(0, 0),
        true,
        Optional.empty(),
        new Features(0.5, Optional.empty()));
  }

  /** Where ops run. */
  public Device device() {
    return processor.device();
  }

  /** Returns these options on another device. */
  public RuntimeOptions device(Device value) {
    Processor other =
        new Processor(value, processor.memoryGrowth(), processor.cuda(), processor.xla());
    return new RuntimeOptions(other, threads, fusion, nativeLog, features);
  }

  /** Returns these options with other thread counts, 0 for TensorFlow's choice. */
  public RuntimeOptions threads(int inside, int sideBySide) {
    Threads counts = new Threads(inside, sideBySide);
    return new RuntimeOptions(processor, counts, fusion, nativeLog, features);
  }

  /** Returns these options with GPU memory taken as needed, or all at once. */
  public RuntimeOptions memoryGrowth(boolean value) {
    Processor other = new Processor(processor.device(), value, processor.cuda(), processor.xla());
    return new RuntimeOptions(other, threads, fusion, nativeLog, features);
  }

  /** Returns these options with CUDA unpacked below another folder. */
  public RuntimeOptions cuda(Path folder) {
    Processor other =
        new Processor(processor.device(), processor.memoryGrowth(), folder, processor.xla());
    return new RuntimeOptions(other, threads, fusion, nativeLog, features);
  }

  /** Returns these options with steps compiled by XLA, or not. */
  public RuntimeOptions xla(Xla value) {
    Processor other =
        new Processor(processor.device(), processor.memoryGrowth(), processor.cuda(), value);
    return new RuntimeOptions(other, threads, fusion, nativeLog, features);
  }

  /** Returns these options with kernels for several ops at once, or without. */
  public RuntimeOptions fusion(boolean value) {
    return new RuntimeOptions(processor, threads, value, nativeLog, features);
  }

  /** Returns these options with TensorFlow's standard error lines in a file. */
  public RuntimeOptions nativeLog(Path file) {
    return new RuntimeOptions(processor, threads, fusion, Optional.of(file), features);
  }

  /** Returns these options with other places for features. */
  public RuntimeOptions features(Features value) {
    return new RuntimeOptions(processor, threads, fusion, nativeLog, value);
  }
}
