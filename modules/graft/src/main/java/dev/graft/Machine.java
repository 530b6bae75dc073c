package dev.graft;

import com.google.common.collect.ImmutableList;
import dev.graft.runtime.Processor;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.store.FeatureStore;
import java.util.List;
import java.util.Locale;

/**
 * What Graft has to work with here.
 *
 * @param java the version of Java
 * @param system the operating system and the kind of processor
 * @param cores how many processors Java sees
 * @param extensions those of the processor's instructions that TensorFlow's kernels choose by;
 *     empty where the system does not say
 * @param heap the most memory that Java takes, in bytes
 * @param tensorflow the version of TensorFlow's native library
 * @param devices what TensorFlow computes on, by its names
 * @param settings how TensorFlow runs; the threads are those that there are, whatever this instance
 *     of {@link Graft} asked for: the first one in a process decides about them
 * @param featureBytes how much the features that are kept take on disk
 */
public record Machine(
    String java,
    String system,
    int cores,
    List<String> extensions,
    long heap,
    String tensorflow,
    List<String> devices,
    Settings settings,
    long featureBytes) {

  public Machine {
    extensions = List.copyOf(extensions);
    devices = List.copyOf(devices);
  }

  static Machine of(TensorFlowRuntime runtime, Settings settings) {
    return new Machine(
        System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + ", "
            + System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        Processor.extensions().asList(),
        Runtime.getRuntime().maxMemory(),
        TensorFlowRuntime.version(),
        ImmutableList.copyOf(runtime.devices()),
        settings.threads(
            runtime.options().threads().inside(), runtime.options().threads().sideBySide()),
        FeatureStore.of(runtime).map(FeatureStore::size).orElse(0L));
  }

  /** Whether TensorFlow has a GPU. */
  public boolean hasGpu() {
    return devices.stream().anyMatch(device -> device.contains(":GPU:"));
  }

  /** In which precisions training can multiply here, in words. */
  public String precisions() {
    if (!hasGpu()) {
      return Processor.hasBfloat16(extensions)
          ? "float32, bfloat16"
          : "float32; this processor does not multiply in bfloat16";
    }
    return TensorFlowRuntime.hasTf32Switch()
        ? "float32 (TF32 is off but for trainings that ask for it), tf32, bfloat16, float16"
        : "float32 (in TF32 since Ampere: TensorFlow's switch for it is not found), bfloat16,"
            + " float16";
  }

  /** How many threads work inside one operation. */
  public int threads() {
    return settings.threads() == 0 ? cores : settings.threads();
  }

  /** How many operations run side by side. */
  public int operations() {
    return settings.operations() == 0 ? cores : settings.operations();
  }

  /** How a GPU's memory is taken, in words. */
  public String memory() {
    return settings.memoryGrowth() ? "taken as needed" : "taken all at once";
  }

  /** How many bytes features may take on disk. */
  public long mostFeatureBytes() {
    return FeatureStore.LIMIT;
  }

  /**
   * What was set, in one line: {@code TensorFlow 2.18.0 on the CPU, 2 threads, its log in
   * tensorflow.log}.
   */
  public String inShort() {
    return String.format(
        Locale.ROOT,
        "TensorFlow %s on the %s, %s, its log %s",
        tensorflow,
        hasGpu() ? "GPU (memory " + memory() + ")" : "CPU",
        threads() == operations()
            ? threads() + (threads() == 1 ? " thread" : " threads")
            : threads() + " threads in each of " + operations() + " operations",
        settings.nativeLog().map(file -> "in " + file).orElse("on standard error"));
  }
}
