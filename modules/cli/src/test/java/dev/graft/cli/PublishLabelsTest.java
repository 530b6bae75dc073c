package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A classifier that does not know its labels, published with them. */
class PublishLabelsTest {

  private static final String SHAPES = "../../testdata/examples/shapes/";

  private final CommandRun run = new CommandRun();

  @TempDir private Path dir;

  @Test
  void answersCarryThem() throws IOException {
    String serving = dir.resolve("serving").toString();
    String labels = SHAPES + "labels.txt";
    assertThat(run.graft("publish", SHAPES + "model", "--labels", labels, "--to", serving))
        .as(run.complained())
        .isZero();
    assertThat(run.graft("predict", "--model", serving, SHAPES + "measured/000.png")).isZero();
    String[] answer = run.said().strip().split("\t", -1);
    List<String> known = Files.readAllLines(Path.of(labels));
    assertThat(known).contains(answer[1]);
    assertThat(dir.resolve("serving/1/assets.extra/labels.txt"))
        .hasSameTextualContentAs(Path.of(labels));
  }

  @Test
  void theyHaveToFit() {
    String serving = dir.resolve("serving").toString();
    assertThat(run.graft("publish", SHAPES + "model", "--labels", "a,b", "--to", serving))
        .isEqualTo(2);
    assertThat(run.complained()).contains("but 2 are given");
    assertThat(dir.resolve("serving")).doesNotExist();
  }
}
