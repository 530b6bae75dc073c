package dev.graft.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A library does not know how it is called: its sentences name no flags and no commands. */
class WordsTest {

  private static final Path MODULES = Path.of(System.getProperty("graft.root"), "modules");

  private static final List<String> LIBRARIES =
      List.of(
          "graph",
          "model",
          "savedmodel",
          "importer",
          "surgeon",
          "autodiff",
          "runtime",
          "data",
          "trainer",
          "exporter",
          "graft",
          "micrometer");

  /**
   * In a string: a flag, a command, the variable that the launcher reads. A string that begins with
   * a flag is no sentence, but what is handed to a program.
   */
  private static final Pattern OF_THE_COMMAND_LINE =
      Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*(?:[^a-z\"]--[a-z]|'graft [a-z]|GRAFT_JAVA_OPTS)");

  @Test
  void noSentenceNamesAFlag() throws IOException {
    List<String> named = new ArrayList<>();
    for (String module : LIBRARIES) {
      try (Stream<Path> files = Files.walk(MODULES.resolve(module).resolve("src/main/java"))) {
        for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          int number = 0;
          for (String line : Files.readAllLines(file)) {
            number++;
            if (OF_THE_COMMAND_LINE.matcher(line).find()) {
              named.add(file.getFileName() + ":" + number + " " + line.strip());
            }
          }
        }
      }
    }
    assertThat(named).as("say it plainly, and give the exception a Remedy").isEmpty();
  }
}
