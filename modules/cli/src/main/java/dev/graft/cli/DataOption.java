package dev.graft.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The pictures that a command learns from or is scored on. */
final class DataOption {

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR|CSV",
      description =
          "The pictures: a folder for each label, maybe under train, val and test, or a table with a"
              + " column 'file'.")
  private Path data = Path.of("");

  Path path() {
    return data;
  }
}
