package dev.graft;

import static java.util.Objects.requireNonNull;

import dev.graft.error.BadRequestException;
import dev.graft.runtime.Compute;
import dev.graft.runtime.RuntimeOptions;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How TensorFlow runs in this process, and how much memory trainings may keep. TensorFlow makes its
 * threads once: the first instance of {@link Graft} in a process decides about them. A later one
 * that asks for others gets those that there are, with a warning ({@link System.Logger}, {@code
 * dev.graft}); {@link Graft#machine} tells them.
 *
 * @param device where to compute
 * @param threads inside one operation, 0 for one per core
 * @param operations how many operations run side by side, 0 for as many as cores
 * @param memoryGrowth whether GPU memory is taken as it is needed, or all of it at once
 * @param precision the dtype in which training multiplies
 * @param nativeLog the file that gets what TensorFlow's own code writes to standard error; empty to
 *     leave standard error alone
 * @param featureMemory which share of Java's memory (its {@code -Xmx}) the features of a training
 *     may take, 0 to 1; what there is no room for is computed anew in each step
 * @param featureFolder where features are kept, so that what was computed of a picture is not
 *     computed again in another run; empty to keep none. Several processes may share it; it takes
 *     at most 20 GiB, and what was not used for the longest time goes first
 */
public record Settings(
    Device device,
    int threads,
    int operations,
    boolean memoryGrowth,
    Precision precision,
    Optional<Path> nativeLog,
    double featureMemory,
    Optional<Path> featureFolder) {

  public Settings {
    requireNonNull(device, "device");
    requireNonNull(precision, "precision");
    requireNonNull(nativeLog, "nativeLog");
    requireNonNull(featureFolder, "featureFolder");
    if (!(featureMemory >= 0 && featureMemory <= 1)) {
      throw new BadRequestException(
          "features can have a share of Java's memory from 0 to 1, not " + featureMemory + ".");
    }
  }

  /**
   * A GPU if there is one, TensorFlow's own choice of threads, float32, standard error left alone,
   * half of Java's memory for features.
   */
  public static Settings defaults() {
    return new Settings(
        Device.AUTO, 0, 0, true, Precision.FLOAT32, Optional.empty(), 0.5, Optional.empty());
  }

  /** These on another device. */
  public Settings device(Device value) {
    return new Settings(
        value,
        threads,
        operations,
        memoryGrowth,
        precision,
        nativeLog,
        featureMemory,
        featureFolder);
  }

  /** These with other numbers of threads, 0 for TensorFlow's choice. */
  public Settings threads(int inside, int sideBySide) {
    return new Settings(
        device,
        inside,
        sideBySide,
        memoryGrowth,
        precision,
        nativeLog,
        featureMemory,
        featureFolder);
  }

  /** These with GPU memory taken as needed, or all at once. */
  public Settings memoryGrowth(boolean value) {
    return new Settings(
        device, threads, operations, value, precision, nativeLog, featureMemory, featureFolder);
  }

  /** These with training in another precision. */
  public Settings precision(Precision value) {
    return new Settings(
        device, threads, operations, memoryGrowth, value, nativeLog, featureMemory, featureFolder);
  }

  /** These with TensorFlow's own lines in a file. */
  public Settings nativeLog(Path file) {
    return new Settings(
        device,
        threads,
        operations,
        memoryGrowth,
        precision,
        Optional.of(file),
        featureMemory,
        featureFolder);
  }

  /** These with another share of Java's memory for features. */
  public Settings featureMemory(double share) {
    return new Settings(
        device, threads, operations, memoryGrowth, precision, nativeLog, share, featureFolder);
  }

  /** These with features kept in a folder, for other runs. */
  public Settings featureFolder(Path value) {
    return new Settings(
        device,
        threads,
        operations,
        memoryGrowth,
        precision,
        nativeLog,
        featureMemory,
        Optional.of(value));
  }

  RuntimeOptions toOptions() {
    RuntimeOptions options =
        RuntimeOptions.defaults()
            .withThreads(threads, operations)
            .withMemoryGrowth(memoryGrowth)
            .withFeatures(new RuntimeOptions.Features(featureMemory, featureFolder))
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
