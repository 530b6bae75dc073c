package dev.graft.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.testkit.Checkout;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The code that the guides show is that of an example, and prints what they show after it. */
class SurgeryGuideTest {

  private static final Path BACKBONE = Checkout.path("models/efficientnet-lite0");

  /** A block of the guide, with the comment before it that says where it comes from. */
  private static final Pattern BLOCK =
      Pattern.compile("(?:<!-- (\\w+)(?: (\\w+))? -->\n)?```(java|text)\n(.*?)```", Pattern.DOTALL);

  private static String guide() throws IOException {
    return Files.readString(Checkout.path("docs/surgery.md"))
        + Files.readString(Checkout.path("docs/detection.md"))
        + Files.readString(Checkout.path("docs/publishing.md"))
        + Files.readString(Checkout.path("docs/embedding.md"));
  }

  @Test
  void eachBlockOfJavaIsThatOfAnExample() throws IOException {
    Matcher block = BLOCK.matcher(guide());
    int count = 0;
    while (block.find()) {
      if (block.group(3).equals("java")) {
        String region = block.group(2) == null ? "" : " " + block.group(2);
        assertThat(block.group(1)).as("no comment before\n%s", block.group(4)).isNotNull();
        assertThat(block.group(4).strip()).isEqualTo(code(block.group(1), region));
        count++;
      }
    }
    assertThat(count).isGreaterThanOrEqualTo(13);
  }

  private static String code(String example, String region) throws IOException {
    String source =
        Files.readString(
            Checkout.path(
                "modules/examples/src/main/java/dev/graft/examples/" + example + ".java"));
    String begin = "// docs begin" + region + "\n";
    String end = "// docs end";
    assertThat(source).contains(begin);
    int from = source.indexOf(begin) + begin.length();
    String lines = source.substring(from, source.indexOf(end, from));
    return lines.substring(0, lines.lastIndexOf('\n')).stripIndent().strip();
  }

  @Test
  void eachStepPrintsWhatTheGuideShows() throws IOException {
    Map<String, Consumer<PrintStream>> steps =
        Map.of(
            "select", out -> SurgerySteps.select(BACKBONE, out),
            "plan", out -> SurgerySteps.plan(BACKBONE, out),
            "diff", out -> SurgerySteps.diff(BACKBONE, out),
            "replay", out -> SurgerySteps.replay(BACKBONE, out));
    for (Map.Entry<String, Consumer<PrintStream>> step : steps.entrySet()) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      step.getValue().accept(new PrintStream(bytes, true, StandardCharsets.UTF_8));
      assertThat(guide())
          .as("what %s prints", step.getKey())
          .contains("```text\n" + bytes.toString(StandardCharsets.UTF_8) + "```");
    }
  }

  @Test
  void theRestRuns() {
    assertThat(
            SurgerySteps.plan(BACKBONE, new PrintStream(new ByteArrayOutputStream())).fineTunes())
        .hasSize(3);
    assertThat(SurgerySteps.repair(BACKBONE).servingSignature().inputs())
        .containsOnlyKeys("features_in");
  }
}
