package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
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
  private final CommandRun command = new CommandRun();

  @AfterEach
  void standardInputAsItWas() {
    System.setIn(before);
  }

  private int run(String... args) {
    return command.graft(args);
  }

  private String said() {
    return command.said();
  }

  private String complained() {
    return command.complained();
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
    assertThat(complained()).contains(":1'", "'two' stands for 'size', which takes int64");
  }

  @Test
  void aRowThatIsNoGoodFailsAlone() throws IOException {
    Path table =
        Files.writeString(
            dir.resolve("t.csv"), "colour,size,weight\nred,2.5,1\ngreen,3.0,1\nred\nred,1,2,3\n");
    assertThat(run("predict", "--model", TABULAR, table.toString())).isEqualTo(BAD);
    assertThat(said().lines()).hasSize(1);
    assertThat(said()).startsWith(table + ":2\t");
    assertThat(complained()).contains(":1'", ":3'", ":4'", "no value for 'size'", "4 cells");
    Files.writeString(table, "colour;size;weight\nred;1;1\n");
    assertThat(run("predict", "--model", TABULAR, table.toString())).isEqualTo(BAD);
    assertThat(complained()).contains("none for [colour, size, weight]", "divided by commas");
    Files.writeString(table, "size,colour,size,weight\n1,red,1,1\n");
    assertThat(run("predict", "--model", TABULAR, table.toString())).isEqualTo(BAD);
    assertThat(complained()).contains("two columns 'size'");
  }

  /** As {@code cat a.json b.json} gives them. */
  @Test
  void oneArrayAfterTheOther() {
    String row = "{\"colour\": \"red\", \"size\": 2, \"weight\": 1}";
    typed("[" + row + "]\n[" + row + ", {\"size\": null}]\n" + row + "\n7");
    assertThat(run("predict", "--model", TABULAR, "-")).isEqualTo(BAD);
    assertThat(said().lines().map(line -> line.split("\t")[0]))
        .containsExactly("-:1", "-:2", "-:4");
    assertThat(complained()).contains("'-:3'", "holds null", "'-:5'", "no JSON object");
    typed("[" + row + "] oops");
    assertThat(run("predict", "--model", TABULAR, "-")).isEqualTo(BAD);
    assertThat(complained()).contains("cannot be read as a table or JSON");
    typed("{\"colour\": \"red\", \"size\": 9223372036854775808, \"weight\": 1}");
    assertThat(run("predict", "--model", TABULAR, "-")).isEqualTo(BAD);
    assertThat(complained()).contains("too large a number");
    assertThat(run("predict", "--model", TABULAR, "-", "-")).isEqualTo(BAD);
  }

  /** Whole lines of cells, whatever the number of heads. */
  @Test
  void severalHeads() throws IOException {
    typed("{\"numbers\": [1, 2, 3], \"picture\": " + zeros(4, 4, 2) + "}");
    assertThat(run("predict", "--model", "../../testdata/zoo/keras2/multi_io/model", "-"))
        .as(complained())
        .isZero();
    assertThat(said().lines().map(line -> line.split("\t").length)).containsExactly(5, 3);
    assertThat(said()).startsWith("-:1\tlabel\t").contains("\n-:1\tprice\t");
  }

  private static String zeros(int... dims) {
    String text = "0";
    for (int i = dims.length - 1; i >= 0; i--) {
      text = "[" + String.join(",", Collections.nCopies(dims[i], text)) + "]";
    }
    return text;
  }

  @Test
  void whatIsNeitherIsRefused() throws IOException {
    Path file = Files.writeString(dir.resolve("x.json"), "{\"x\": [1,");
    assertThat(run("predict", "--model", SERIES, file.toString())).isEqualTo(BAD);
    assertThat(complained()).contains("x.json", "cannot be read as a table or JSON");
    assertThat(run("predict", "--model", SERIES, dir.toString())).isEqualTo(BAD);
    assertThat(complained()).contains("is no file; the model takes values");
    String photo = "../../testdata/photos/animals/cat.jpg";
    assertThat(run("predict", "--model", SERIES, photo)).isEqualTo(BAD);
    assertThat(complained()).contains("takes no encoded ones", "graft publish");
    typed("{\"x\": [[1, 2, 3]]}");
    assertThat(run("predict", "--model", SERIES, "--top", "2", "-")).isEqualTo(BAD);
    assertThat(complained()).contains("no surest", "leave out --top");
    assertThat(run("predict", "--model", SERIES, "--threshold", "50", "-")).isEqualTo(BAD);
    assertThat(complained()).contains("from 0 to 1");
  }
}
