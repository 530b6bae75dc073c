package dev.graft.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Where the lines go that TensorFlow's own code writes: {@code $GRAFT_HOME/tensorflow.log}, or a
 * file for temporary ones where that cannot be written.
 */
final class NativeLogFile {

  private NativeLogFile() {}

  /** {@code $GRAFT_HOME}, by default {@code ~/.cache/graft}. */
  static Path home() {
    return Optional.ofNullable(System.getenv("GRAFT_HOME"))
        .map(Path::of)
        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "graft"));
  }

  /** The log in {@link #home()}. */
  static Path wanted() {
    return home().resolve("tensorflow.log");
  }

  /** The log that there is, made if it was not there. */
  static Path path() {
    Path log = wanted();
    try {
      Files.createDirectories(home());
      // only opening it tells: rights, disks that are read-only, a folder of this name
      Files.newOutputStream(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
      return log;
    } catch (IOException e) {
      String user = System.getProperty("user.name"); // another's file cannot be written
      return Path.of(System.getProperty("java.io.tmpdir"), "graft-tensorflow-" + user + ".log");
    }
  }
}
