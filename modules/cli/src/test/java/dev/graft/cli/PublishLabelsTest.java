package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A classifier that does not know its labels, published with them. */
class PublishLabelsTest {

  private static final String SHAPES = "../../testdata/examples/shapes/";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @TempDir private Path dir;

  private int graft(String... args) {
    return Main.run(
        Terminal.to(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            0),
        args);
  }

  @Test
  void answersCarryThem() throws IOException {
    String serving = dir.resolve("serving").toString();
    String labels = SHAPES + "labels.txt";
    assertThat(graft("publish", SHAPES + "model", "--labels", labels, "--to", serving))
        .as(err.toString(StandardCharsets.UTF_8))
        .isZero();
    out.reset();
    assertThat(graft("predict", "--model", serving, SHAPES + "measured/000.png")).isZero();
    String[] answer = out.toString(StandardCharsets.UTF_8).strip().split("\t", -1);
    List<String> known = Files.readAllLines(Path.of(labels));
    assertThat(known).contains(answer[1]);
    assertThat(dir.resolve("serving/1/assets.extra/labels.txt"))
        .hasSameTextualContentAs(Path.of(labels));
  }

  @Test
  void theyHaveToFit() {
    String serving = dir.resolve("serving").toString();
    assertThat(graft("publish", SHAPES + "model", "--labels", "a,b", "--to", serving)).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("but 2 are given");
    assertThat(dir.resolve("serving")).doesNotExist();
  }
}
