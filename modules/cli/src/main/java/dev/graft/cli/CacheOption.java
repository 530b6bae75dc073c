package dev.graft.cli;

import dev.graft.Settings;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Whether features are kept for other runs. */
final class CacheOption {

  @Option(
      names = "--no-cache",
      description = "Compute all features in this run, and keep none for others.")
  private boolean none;

  /** {@code settings} with the place where they are kept. */
  Settings of(Settings settings) {
    return none ? settings : settings.featureFolder(folder());
  }

  /** The folder for all runs of a user. */
  static Path folder() {
    return NativeLogFile.home().resolve("features");
  }
}
