package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code graft predict} of models that take values, from tables, JSON and standard input. */
class PredictValuesTest {

  private static final String TABULAR = "../../testdata/zoo/keras2/category_tabular/model";
  private static final String SERIES = "../../testdata/zoo/keras2/lstm/model";

  private static final int BAD = 2; // exit code: what was given is no good

  private final InputStream before = System.in;
  @TempDir private Path dir = Path.of("");
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @AfterEach
  void standardInputAsItWas() {
    System.setIn(before);
  }

  private int run(String... args) {
    out.reset();
    err.reset();
    return Main.run(
        Terminal.to(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            0),
        args);
  }

  private String said() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String complained() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private static void typed(String text) {
    System.setIn(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void jsonFromStandardInput() throws IOException {
    String step = "[0.1, 0.2, 0.3]";
    String series = "[" + String.join(",", step, step, step, step, step) + "]";
    typed("{\"x\": " + series + "}\n{\"x\": " + series + "}\n");
    assertThat(run("predict", "--model", SERIES, "--json", "-")).as(complained()).isZero();
    JsonNode answers = new ObjectMapper().readTree(said());
    assertThat(answers).hasSize(2);
    assertThat(answers.get(0).path("file").asText()).isEqualTo("-:1");
    assertThat(answers.get(0).path("numbers"))
        .isNotEmpty()
        .isEqualTo(answers.get(1).path("numbers"));
    typed("[{\"x\": " + series + "}, {\"x\": [[1]]}]");
    assertThat(run("predict", "--model", SERIES, "-")).isEqualTo(BAD);
    assertThat(said()).startsWith("-:1\t").doesNotContain("-:2");
    assertThat(complained()).contains("'x' of '-:2'", "[?, 3]", "[1, 1]");
  }

  @Test
  void aTable() throws IOException {
    Path table =
        Files.writeString(
            dir.resolve("t.csv"), "\uFEFFcolour,id,size,weight\nred,7,2,0.5\ngreen,8,3,1.5\n");
    assertThat(run("predict", "--model", TABULAR, table.toString())).as(complained()).isZero();
    assertThat(said().lines()).hasSize(2);
    assertThat(said()).startsWith(table + ":1\t").contains("\n" + table + ":2\t");
    assertThat(complained()).contains("columns of '" + table + "' that are no inputs", "[id]");
    Files.writeString(table, "colour,size,weight\nred,two,0.5\n");
    assertThat(run("predict", "--model", TABULAR, table.toString())).isEqualTo(BAD);
    assertThat(complained()).contains(":1' has 'two' for 'size', which takes int64");
  }

  @Test
  void whatIsNeitherIsRefused() throws IOException {
    Path file = Files.writeString(dir.resolve("x.json"), "{\"x\": [1,");
    assertThat(run("predict", "--model", SERIES, file.toString())).isEqualTo(BAD);
    assertThat(complained()).contains("x.json", "cannot be read as a table or JSON");
    assertThat(run("predict", "--model", SERIES, dir.toString())).isEqualTo(BAD);
    assertThat(complained()).contains("is no file; the model takes values");
    typed("{\"x\": [1]}");
    assertThat(run("predict", "--model", SERIES, "--top", "2", "-")).isEqualTo(BAD);
  }
}
