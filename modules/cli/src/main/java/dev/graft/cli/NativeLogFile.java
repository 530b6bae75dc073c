package dev.graft.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where the lines go that TensorFlow's own code writes: {@code $GRAFT_HOME/tensorflow.log}. */
final class NativeLogFile {

  private NativeLogFile() {}

  /** {@code $GRAFT_HOME}, by default {@code ~/.cache/graft}. */
  static Path home() {
    return Optional.ofNullable(System.getenv("GRAFT_HOME"))
        .map(Path::of)
        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "graft"));
  }

  static Path path() {
    Path home = home();
    try {
      Files.createDirectories(home);
      return home.resolve("tensorflow.log");
    } catch (IOException e) {
      return Path.of(System.getProperty("java.io.tmpdir"), "graft-tensorflow.log");
    }
  }
}
