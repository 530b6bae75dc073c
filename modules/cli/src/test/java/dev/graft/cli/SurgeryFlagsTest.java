package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The flags of finetune that say what is done to the model. */
@Tag("slow")
class SurgeryFlagsTest {

  @TempDir private Path dir = Path.of("");
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int finetune(String model, String... flags) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "finetune",
                "--model",
                model,
                "--data",
                "../../testdata/photos",
                "--out",
                dir.resolve("serving").toString()));
    args.addAll(List.of(flags));
    return run(args.toArray(String[]::new));
  }

  private int run(String... args) {
    return Main.run(
        Terminal.to(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            0),
        args);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--head; nonsense; choose auto, new, keep, multi-label, regression, embedding or boxes",
        "--size; big; give --size 128",
        "--freeze; until blok13; Nearest: block13",
        "--freeze; last blocks; blocks",
        "--unfreeze; class Dens; Nearest: Dense",
        "--cut; block15_projct_bn; Nearest: block15_project_bn",
        "--cut; predictions/kernel; no path leads from it to an answer",
        "--head; regression; take a single-label head",
        "--head; multi-label; take a single-label head",
        "--head; keep; tells 1000 labels apart, but 5 are given",
        "--pooling; best; choose auto, average, max, first, flatten or none",
        "--pooling; none; the data say one thing of each example",
        "--pooling; max; cut at a layer before the model's own pooling",
        "--hidden; 0; at least 1 unit",
        "--dropout; 1; from 0 to below 1",
        "--head-epochs; 3; give it hidden layers or dropout",
        "--labels; cat,dog; tells 1000 labels apart, but 2 are given",
        "--labels; cat,cat; stands twice",
      })
  void whatDoesNotFitIsExplained(String flag, String value, String words) {
    assertThat(finetune("../../models/efficientnet-lite0", flag, value)).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains(words).doesNotContain("\tat ");
    assertThat(dir.resolve("serving")).doesNotExist();
  }

  @Test
  void carryingOverNeedsAHeadWhoseLabelsAreKnown() {
    assertThat(finetune("../../models/efficientnet-lite0", "--carry-over")).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("--labels FILE");
  }

  @Test
  void aHeadOfSeveralLayersIsTrainedStepByStep() {
    String shapes = "../../testdata/examples/shapes/";
    String[] command = {
      "finetune", "--model", shapes + "model", "--data", shapes + "painted", "--recipe", "head"
    };
    List<String> args = new ArrayList<>(List.of(command));
    args.addAll(List.of("--out", dir.resolve("serving").toString(), "--cut", "block4_relu"));
    args.addAll(List.of("--pooling", "max", "--hidden", "32", "--dropout", "0.2"));
    args.addAll(List.of("--head-epochs", "8", "--head-rate", "1e-2"));
    assertThat(run(args.toArray(String[]::new))).isZero();
    String text = out.toString(StandardCharsets.UTF_8).strip();
    assertThat(text).contains("training head 'predictions' step by step: kept");
    assertThat(Double.parseDouble(text.substring(text.lastIndexOf(' ')))).isGreaterThan(0.7);
  }

  @Test
  void aKeptHeadStaysUnlessItIsAskedFor() {
    assertThat(tellsOfKept("--recipe", "full", "--epochs", "1"))
        .contains("6 labels, kept as it is", "from block1_conv/kernel on");
    assertThat(tellsOfKept("--recipe", "head"))
        .contains("6 labels, the model's own, which trains too", "L2 strength", "head alone");
    assertThat(tellsOfKept("--epochs", "1", "--unfreeze", "all"))
        .contains("6 labels, the model's own, which trains too", "from block1_conv/kernel on");
  }

  @Test
  void theMonitoredMetricIsOfTheTestPartToo() {
    for (String metric : new String[] {"f1", "auc"}) { // of what is served, and of the model
      assertThat(tellsOfKept("--recipe", "head", "--monitor", metric))
          .containsPattern("decided by the " + metric)
          .containsPattern("test +\\d+ of \\d+ right.*, " + metric + " [01]\\.\\d{3}\n");
    }
  }

  @Test
  void stepsOfAKeptHeadThatIsSolvedAreRefused() {
    String shapes = "../../testdata/examples/shapes/";
    String[] flags = {
      "--head keep --head-epochs 3", "--head keep --optimizer sgd", "--head keep --batch 8"
    };
    for (String flag : flags) {
      err.reset();
      List<String> args = new ArrayList<>(List.of("finetune", "--recipe", "head"));
      args.addAll(List.of("--model", shapes + "model", "--data", shapes + "fogged"));
      args.addAll(List.of("--labels", shapes + "labels.txt"));
      args.addAll(List.of("--out", dir.resolve("serving").toString()));
      args.addAll(List.of(flag.split(" ")));
      assertThat(run(args.toArray(String[]::new))).as(flag).isEqualTo(2);
      assertThat(err.toString(StandardCharsets.UTF_8)).contains("is solved at once");
    }
  }

  /** What is said while the head of the shapes' model is kept and trained in fog. */
  private String tellsOfKept(String... more) {
    String shapes = "../../testdata/examples/shapes/";
    List<String> args = new ArrayList<>(List.of("finetune", "--head", "keep"));
    args.addAll(List.of("--model", shapes + "model", "--data", shapes + "fogged"));
    args.addAll(List.of("--labels", shapes + "labels.txt"));
    args.addAll(List.of("--out", dir.resolve("serving").toString()));
    args.addAll(List.of(more));
    out.reset();
    assertThat(run(args.toArray(String[]::new))).isZero();
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void numbersAreLearnedFromATable() {
    String shapes = "../../testdata/examples/shapes/";
    String serving = dir.resolve("serving").toString();
    int code =
        run(
            "finetune",
            "--model",
            shapes + "model",
            "--data",
            shapes + "radius.csv",
            "--head",
            "regression",
            "--recipe",
            "head",
            "--out",
            serving);
    assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
    assertThat(code).isZero();
    String text = out.toString(StandardCharsets.UTF_8).strip();
    assertThat(text).contains("with numbers to predict", "1 number in the place");
    String last = text.substring(text.lastIndexOf('\n') + 1);
    assertThat(last).startsWith("held-out mae: ");
    assertThat(Double.parseDouble(last.substring(last.lastIndexOf(' ')))).isLessThan(1.5);
    out.reset();
    String picture = shapes + "measured/000.png";
    assertThat(run("predict", "--model", serving, picture)).isZero();
    String[] answer = out.toString(StandardCharsets.UTF_8).strip().split("\t", -1);
    assertThat(answer).hasSize(2);
    assertThat(Double.parseDouble(answer[1])).isBetween(1.0, 20.0); // a radius in pixels
    assertThat(run("predict", "--model", serving, "nothere.png", "src")).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("there is no file 'nothere.png'", "the folder 'src' holds no JPEG");
  }

  @Tag("nightly")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--size 128 --unfreeze block15_*",
        "--cut block14_project_bn --head new",
        "--head embedding --size 128",
      })
  void theWholeJobWithFlags(String flags) throws IOException {
    assertThat(finetune("../../models/efficientnet-lite0", flags.split(" "))).isZero();
    String[] lines = out.toString(StandardCharsets.UTF_8).strip().split("\n", -1);
    String last = lines[lines.length - 1];
    assertThat(last).startsWith("held-out accuracy: ");
    assertThat(Double.parseDouble(last.substring(last.lastIndexOf(' ')))).isGreaterThan(0.6);
    assertThat(dir.resolve("serving/1/saved_model.pb")).exists();
  }

  @Tag("nightly")
  @Test
  void anExportIsTaughtOnItsOwnLabels() {
    assertThat(finetune("../../models/efficientnet-lite0", "--size", "128")).isZero();
    String export = dir.resolve("serving").toString();
    assertThat(finetune(export, "--head", "keep")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("kept as it is");
    assertThat(finetune(export)).isZero();
  }
}
