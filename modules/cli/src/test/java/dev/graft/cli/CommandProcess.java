package dev.graft.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line in a process of its own, for tests of what outlives one. */
final class CommandProcess {

  private CommandProcess() {}

  /** A file or folder of the repository. */
  static String checkout(String path) {
    return Path.of(System.getProperty("graft.root"), path).toString();
  }

  /** Starts {@code graft} in {@code dir}; all that it says goes to {@code log}. */
  static Process start(Path dir, Path log, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .directory(dir.toFile())
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }
}
