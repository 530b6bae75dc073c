package dev.graft.cli;

import dev.graft.error.BadRequestException;
import dev.graft.model.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a model's outputs mean, for one that does not say so itself. */
final class LabelsOption {

  private static final int NAMED = 10; // of the doubles

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
      List<String> lines = Files.readString(file).lines().map(LabelsOption::label).toList();
      requireEachOnce(file, lines);
      return Labels.of(lines.stream().filter(line -> !line.isEmpty()).toList());
    } catch (IOException e) {
      throw new BadRequestException(
          "'" + text + "' cannot be read as labels: " + e.getMessage() + "; give one a line.", e);
    }
  }

  /** Without the byte order mark that editors of Windows begin a file with. */
  private static String label(String line) {
    return Normalizer.normalize(line.replace("\uFEFF", "").strip(), Normalizer.Form.NFC);
  }

  /** Of published lists some give two things one name: ImageNet's have two cranes. */
  private static void requireEachOnce(Path file, List<String> lines) {
    Map<String, Integer> first = new HashMap<>();
    List<String> doubles = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      Integer before = lines.get(i).isEmpty() ? null : first.putIfAbsent(lines.get(i), i + 1);
      if (before != null) {
        doubles.add("'" + lines.get(i) + "' in the lines " + before + " and " + (i + 1));
      }
    }
    if (!doubles.isEmpty()) {
      throw new BadRequestException(
          "'"
              + file
              + "' has a label twice: "
              + String.join(", ", doubles.subList(0, Math.min(NAMED, doubles.size())))
              + (doubles.size() > NAMED ? " and " + (doubles.size() - NAMED) + " more" : "")
              + "; write the second otherwise, with a number or what tells them apart, such as"
              + " 'crane (machine)'.");
    }
  }
}
