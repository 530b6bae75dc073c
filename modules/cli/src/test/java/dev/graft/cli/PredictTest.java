package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What {@code graft predict} takes and gives. */
@Tag("slow")
class PredictTest {

  private static final String SHAPES = "../../testdata/examples/shapes/";

  @TempDir private Path dir = Path.of("");
  private final CommandRun command = new CommandRun();

  private String run(String... args) {
    int code = command.graft(args);
    assertThat(code).as("%s%s", command.said(), command.complained()).isZero();
    return command.said();
  }

  /** Which hold, and none of those that do not, however few that are. */
  @Test
  void ofLabelsAnyNumberOfWhichMayHoldThoseThatDo() throws IOException {
    String serving = dir.resolve("serving").toString();
    run(
        "finetune",
        "--model",
        SHAPES + "model",
        "--data",
        SHAPES + "attributes.csv",
        "--out",
        serving,
        "--recipe",
        "head");
    String[] pictures = new String[12];
    String[] asked = new String[4 + pictures.length];
    asked[0] = "predict";
    asked[1] = "--model";
    asked[2] = serving;
    asked[3] = "--json";
    for (int i = 0; i < pictures.length; i++) {
      asked[4 + i] = String.format("%sdescribed/%03d.png", SHAPES, i);
    }
    JsonNode answers = new ObjectMapper().readTree(run(asked));
    assertThat(answers).hasSize(pictures.length);
    for (JsonNode answer : answers) {
      assertThat(answer.has("label")).isFalse();
      answer
          .path("scores")
          .fields()
          .forEachRemaining(
              score ->
                  assertThat(answer.path("labels").toString().contains('"' + score.getKey() + '"'))
                      .as("%s", answer)
                      .isEqualTo(score.getValue().asDouble() >= 0.5));
    }
  }

  /** The shell gives it among others for {@code *.jpg}. */
  @Test
  void aPictureMayBeCalledLikeAnArgumentsFile() throws IOException {
    Path file = Files.writeString(dir.resolve("x.jpg"), "--debug");
    String name = "@" + file;
    CommandLine.ParseResult parsed =
        Main.commands(Terminal.system()).parseArgs("predict", "--model", "m", name).subcommand();
    assertThat(parsed.matchedPositionals().get(0).originalStringValues()).containsExactly(name);
    assertThat(parsed.hasMatchedOption("--debug")).isFalse();
  }
}
