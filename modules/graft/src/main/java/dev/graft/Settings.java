package dev.graft;

import static java.util.Objects.requireNonNull;

import dev.graft.runtime.Compute;
import dev.graft.runtime.RuntimeOptions;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How TensorFlow runs in this process. TensorFlow makes its threads once: the first instance of
 * {@link Graft} in a process decides about them. A later one that asks for others gets those that
 * there are, with a warning ({@link System.Logger}, {@code dev.graft}); {@link Graft#machine} tells
 * them.
 *
 * @param device where to compute
 * @param threads inside one operation, 0 for one per core
 * @param operations how many operations run side by side, 0 for as many as cores
 * @param memoryGrowth whether GPU memory is taken as it is needed, or all of it at once
 * @param precision the dtype in which training multiplies
 * @param nativeLog the file that gets what TensorFlow's own code writes to standard error; empty to
 *     leave standard error alone
 */
public record Settings(
    Device device,
    int threads,
    int operations,
    boolean memoryGrowth,
    Precision precision,
    Optional<Path> nativeLog) {

  public Settings {
    requireNonNull(device, "device");
    requireNonNull(precision, "precision");
    requireNonNull(nativeLog, "nativeLog");
  }

  /**
   * A GPU if there is one, TensorFlow's own choice of threads, float32, standard error left alone.
   */
  public static Settings defaults() {
    return new Settings(Device.AUTO, 0, 0, true, Precision.FLOAT32, Optional.empty());
  }

  /** These on another device. */
  public Settings device(Device value) {
    return new Settings(value, threads, operations, memoryGrowth, precision, nativeLog);
  }

  /** These with other numbers of threads, 0 for TensorFlow's choice. */
  public Settings threads(int inside, int sideBySide) {
    return new Settings(device, inside, sideBySide, memoryGrowth, precision, nativeLog);
  }

  /** These with GPU memory taken as needed, or all at once. */
  public Settings memoryGrowth(boolean value) {
    return new Settings(device, threads, operations, value, precision, nativeLog);
  }

  /** These with training in another precision. */
  public Settings precision(Precision value) {
    return new Settings(device, threads, operations, memoryGrowth, value, nativeLog);
  }

  /** These with TensorFlow's own lines in a file. */
  public Settings nativeLog(Path file) {
    return new Settings(device, threads, operations, memoryGrowth, precision, Optional.of(file));
  }

  RuntimeOptions toOptions() {
    RuntimeOptions options =
        RuntimeOptions.defaults()
            .withThreads(threads, operations)
            .withMemoryGrowth(memoryGrowth)
            .withDevice(
                switch (device) {
                  case AUTO -> RuntimeOptions.Device.AUTO;
                  case CPU -> RuntimeOptions.Device.CPU;
                  case GPU -> RuntimeOptions.Device.GPU;
                })
            .withCompute(
                Compute.EXACT.withPrecision(
                    switch (precision) {
                      case FLOAT32 -> Compute.Precision.FLOAT32;
                      case BFLOAT16 -> Compute.Precision.MIXED_BFLOAT16;
                      case AUTO -> Compute.Precision.AUTO;
                    }));
    return nativeLog.map(options::withNativeLog).orElse(options);
  }
}
