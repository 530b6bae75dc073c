package dev.graft.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code tools/bench/profile} waits for is what the classes that it names log. */
class ProfileMarksTest {

  private static final Pattern MARK = Pattern.compile("\\(\"\\[([^\"]+)\"");
  private static final Pattern LOGS = Pattern.compile("\"((?:[a-z]+\\.)+[A-Z]\\w+)\"");

  private static List<String> all(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(found -> found.group(1)).toList();
  }

  @Test
  void eachMarkIsLogged() throws IOException {
    String profile = Files.readString(Checkout.path("tools/bench/profile"));
    List<String> classes = all(LOGS, profile);
    String sources =
        classes.stream()
            .map(name -> "dev/graft/" + name.replace('.', '/') + ".java")
            .map(ProfileMarksTest::source)
            .collect(Collectors.joining("\n"));
    List<String> marks = all(MARK, profile);
    assertThat(marks).hasSizeGreaterThan(5);
    assertThat(classes).isNotEmpty();
    for (String mark : marks) {
      Matcher logged =
          Pattern.compile("Level\\.DEBUG,\\s*\"" + Pattern.quote(mark)).matcher(sources);
      assertThat(logged.find()).as("a class of %s logs '%s'", classes, mark).isTrue();
    }
  }

  private static String source(String file) {
    try (Stream<Path> modules = Files.list(Checkout.path("modules"))) {
      Path found =
          modules
              .map(module -> module.resolve("src/main/java").resolve(file))
              .filter(Files::exists)
              .findFirst()
              .orElseThrow(() -> new AssertionError("there is no " + file));
      return Files.readString(found);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
