package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands in docs/surgery.md print what it shows. With {@code -Dgraft.docs=write} they write
 * it there.
 */
class SurgeryGuideTest {

  private static final Path GUIDE = Path.of("../../docs/surgery.md");
  private static final Pattern BLOCK =
      Pattern.compile("(<!-- slow -->\n)?```text\n(\\$ graft (.*)\n)((?:.*\n)*?)```");
  private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

  /** Comes when it comes. */
  private static final Pattern PROGRESS =
      Pattern.compile(
          "(?! *features of ).* of \\d+ (steps|examples) .*"
              + "| *features of \\d+ examples were kept .*");

  @TempDir private Path dir = Path.of("");

  @Test
  void quickCommandsPrintWhatTheGuideShows() throws IOException {
    check(false, text -> text);
  }

  /** Those that train: but for numbers, which depend on the machine. */
  @Tag("nightly")
  @Test
  void trainingPrintsWhatTheGuideShows() throws IOException {
    // earlier runs of this test are there, too, so that a number may have more digits
    check(
        true,
        text ->
            text.replaceAll("(runs/\\w+-)\\d+", "$1#")
                .replaceAll("(?m)^( *time +[\\w-]+ ).*$", "$1") // of any length on a busy machine
                .replaceAll("about \\d+ (s|min)", "about") // as above
                .replaceAll("\\d", "#")
                .replaceAll("e[+-]##", "e##") // no difference at all on some processors
                .replaceAll(" +", " "));
  }

  private void check(boolean slow, UnaryOperator<String> comparable) throws IOException {
    String guide = Files.readString(GUIDE);
    StringBuilder written = new StringBuilder();
    Matcher block = BLOCK.matcher(guide);
    int count = 0;
    while (block.find()) {
      if ((block.group(1) != null) == slow) {
        String printed = printed(block.group(3));
        if (!"write".equals(System.getProperty("graft.docs"))) {
          assertThat(comparable.apply(printed))
              .as("%s; with -Dgraft.docs=write the guide is written anew", block.group(3))
              .isEqualTo(comparable.apply(block.group(4)));
        }
        String mark = slow ? block.group(1) : "";
        String now = mark + "```text\n" + block.group(2) + printed + "```";
        block.appendReplacement(written, Matcher.quoteReplacement(now));
        count++;
      }
    }
    block.appendTail(written);
    assertThat(count).isGreaterThan(4);
    if ("write".equals(System.getProperty("graft.docs"))) {
      Files.writeString(GUIDE, written);
    }
  }

  private String printed(String command) {
    String serving = dir.resolve("serving").toString();
    String[] args =
        WORD.matcher(command)
            .results()
            .map(SurgeryGuideTest::word)
            .map(arg -> arg.replaceFirst("^testdata/", "../../testdata/"))
            .map(arg -> arg.replaceFirst("^serving/", Matcher.quoteReplacement(serving + "/")))
            .toArray(String[]::new);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream both = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    int code = Main.run(Terminal.to(both, both, 0), args);
    assertThat(bytes.toString(StandardCharsets.UTF_8).startsWith("error: ")).isEqualTo(code == 2);
    return bytes
        .toString(StandardCharsets.UTF_8)
        .lines()
        .filter(line -> !PROGRESS.matcher(line).matches())
        .map(line -> line.replace(serving, "serving").replace("../../", ""))
        .map(line -> line.replace(NativeLogFile.home().toString(), "~/.cache/graft") + "\n")
        .collect(Collectors.joining());
  }

  private static String word(MatchResult found) {
    return found.group(1) == null ? found.group(2) : found.group(1);
  }
}
