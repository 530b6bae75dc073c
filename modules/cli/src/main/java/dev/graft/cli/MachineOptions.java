package dev.graft.cli;

import dev.graft.Device;
import dev.graft.Settings;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a command computes with. */
final class MachineOptions {

  private static final String CUDA_FOLDER = "graft.cuda.folder";

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|gpu",
      description = "Where to compute (auto: on a GPU if there is one).")
  private Device device = Device.AUTO;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  Device device() {
    return device;
  }

  /** The number of threads, 0 for one for each core. */
  int threads() {
    return threads.threads().orElse(0);
  }

  Settings settings() {
    return settings(device, threads());
  }

  /** TensorFlow as the command line starts it everywhere: what it says itself goes to a file. */
  static Settings settings(Device device, int threads) {
    return ofUser(Settings.defaults().device(device).threads(threads, threads));
  }

  /** {@code settings} with the places that are the user's, whatever the machine. */
  static Settings ofUser(Settings settings) {
    return settings.nativeLog(NativeLogFile.path()).cudaFolder(cudaFolder());
  }

  private static Path cudaFolder() {
    String said = System.getProperty(CUDA_FOLDER);
    return said == null ? NativeLogFile.home().resolve("cuda") : Path.of(said);
  }

  /** Likewise where TensorFlow is loaded without settings, as to look at a graph. */
  static void setCudaFolder() {
    System.getProperties().putIfAbsent(CUDA_FOLDER, cudaFolder().toString());
  }
}
