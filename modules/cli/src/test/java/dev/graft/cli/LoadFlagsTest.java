package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The flags that say how a model is read: for pictures, and which of its signatures. */
class LoadFlagsTest {

  private static final String MINI = "../../testdata/zoo/keras2/mobilenetv2_mini/model";

  @TempDir private Path dir = Path.of("");
  private final CommandRun run = new CommandRun();

  private int run(String command, String model, String data, String... more) {
    List<String> args = new ArrayList<>(List.of(command, "--model", model, "--data", data));
    args.addAll(List.of(more));
    return run.graft(args.toArray(String[]::new));
  }

  private String said() {
    return run.said();
  }

  private String errors() {
    return run.complained();
  }

  @Test
  void anUnknownRangeIsNoDeadEnd() throws IOException {
    String serving = dir.resolve("serving").toString();
    String photos = "../../testdata/photos";
    assertThat(run("finetune", MINI, photos, "--out", serving)).isEqualTo(2);
    assertThat(errors()).contains("--input-range 0..255").hasLineCount(2);
    assertThat(run("finetune", MINI, photos, "--out", serving, "--input-range", "1..2"))
        .isEqualTo(2);
    assertThat(errors()).contains("'1..2' is no input range; choose 0..255");
    assertThat(
            run(
                "finetune",
                MINI,
                photos,
                "--out",
                serving,
                "--input-range",
                "-1..1",
                "--recipe",
                "head"))
        .as(errors())
        .isZero();
    assertThat(said()).contains("-1..1 (as was said)", "held-out accuracy");
    Path run =
        Path.of(
            said()
                .lines()
                .filter(l -> l.startsWith("run "))
                .findFirst()
                .orElseThrow()
                .substring(3)
                .strip());
    assertThat(Files.readString(run.resolve("run.json"))).contains("\"inputRange\" : \"-1..1\"");
    assertThat(run("evaluate", serving, photos)).isZero();
    assertThat(run("evaluate", serving, photos, "--input-range", "0..1")).isEqualTo(2);
    assertThat(errors()).contains("recorded with the model", "without --input-range");
  }

  @Test
  void aSignatureIsChosen() {
    String model = "../../testdata/zoo/tf1/tf1_several_signatures/model";
    assertThat(run("evaluate", model, "../../testdata/photos", "--signature", "nothing"))
        .isEqualTo(2);
    assertThat(errors()).contains("no signature 'nothing'; it has [features,");
    assertThat(run("evaluate", model, "../../testdata/photos", "--tags", "gpu")).isEqualTo(2);
    assertThat(errors()).contains("no MetaGraph tagged [gpu]");
  }
}
