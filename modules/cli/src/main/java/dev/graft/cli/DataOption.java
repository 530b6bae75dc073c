package dev.graft.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The pictures that a command learns from or is scored on. */
final class DataOption {

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR|FILE",
      description =
          "The pictures: a folder for each label, maybe under train, val and test, or a table with a"
              + " column 'file'. Of boxes: Pascal VOC, COCO, YOLO or a table.")
  private Path data = Path.of("");

  Path path() {
    return data;
  }
}
