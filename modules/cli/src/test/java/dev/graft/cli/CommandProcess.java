package dev.graft.cli;

import dev.graft.testkit.ChildJava;
import java.io.IOException;
import java.nio.file.Path;

/** The command line in a process of its own, for tests of what outlives one. */
final class CommandProcess {

  private CommandProcess() {}

  /** A file or folder of the repository. */
  static String checkout(String path) {
    return Path.of(System.getProperty("graft.root"), path).toString();
  }

  /** Starts {@code graft} in {@code dir}; all that it says goes to {@code log}. */
  static Process start(Path dir, Path log, String... arguments) throws IOException {
    return ChildJava.running(Main.class, arguments)
        .directory(dir.toFile())
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }
}
