package dev.graft.cli;

import dev.graft.model.BadRequestException;
import dev.graft.model.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a model's outputs mean, for one that does not say so itself. */
final class LabelsOption {

  @Option(
      names = "--labels",
      paramLabel = "FILE|A,B,..",
      description =
          "What the model's own outputs mean, in their order: a file with one label a line, or"
              + " names.")
  private @Nullable String labels;

  /**
   * The labels, if they are given.
   *
   * @throws BadRequestException if they cannot be read
   */
  Optional<Labels> labels() {
    return Optional.ofNullable(labels).map(LabelsOption::read);
  }

  private static Labels read(String text) {
    Path file = Path.of(text);
    if (!Files.isRegularFile(file)) {
      if (!text.contains(",")) { // a mistyped file; the label of a lone output may stand in one
        throw new BadRequestException(
            "there is no file '"
                + text
                + "'; give --labels a file with one label a line, or names with commas.");
      }
      return Labels.of(Arrays.stream(text.split(",", -1)).map(String::strip).toList());
    }
    try {
      List<String> lines = Files.readAllLines(file);
      return Labels.of(lines.stream().map(String::strip).filter(line -> !line.isEmpty()).toList());
    } catch (IOException e) {
      throw new BadRequestException(
          "'" + text + "' cannot be read as labels: " + e.getMessage() + "; give one a line.", e);
    }
  }
}
