package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bad usage and bad input: one clear sentence, exit code 2, no stack trace, nothing half-written.
 */
class BadInputTest {

  private static final String BACKBONE = "../../models/efficientnet-lite0";

  @TempDir private Path dir = Path.of("");
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void clear() {
    out.reset();
    err.reset();
  }

  private int graft(String... args) {
    return Main.run(
        Terminal.to(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            0),
        args);
  }

  private String errors() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private int finetune(Path data, Path serving) {
    return graft(
        "finetune", "--model", BACKBONE, "--data", data.toString(), "--out", serving.toString());
  }

  @Test
  void notesAreText() throws IOException {
    Path serving = dir.resolve("serving");
    Path notes = dir.resolve("notes.md");
    String[] command = {
      "finetune",
      "--model",
      BACKBONE,
      "--data",
      "../../testdata/photos",
      "--out",
      serving.toString(),
      "--notes",
      notes.toString()
    };
    assertThat(graft(command)).isEqualTo(2);
    assertThat(errors()).contains("notes.md' is no file; --notes takes one").hasLineCount(1);
    Files.write(notes, new byte[] {'a', (byte) 0xff, (byte) 0xfe});
    clear();
    assertThat(graft(command)).isEqualTo(2);
    assertThat(errors()).contains("is no text in UTF-8").hasLineCount(1);
    assertThat(serving).doesNotExist();
  }

  @Test
  void sizesOfAServersBatchesAreChecked() {
    Path serving = dir.resolve("serving");
    String[] command = {
      "publish", BACKBONE, "--to", serving.toString(), "--features", "--server-batches", "8,8"
    };
    assertThat(graft(command)).isEqualTo(2);
    assertThat(errors()).contains("each size said once, given [8, 8]").hasLineCount(1);
    assertThat(serving).doesNotExist();
  }

  private void refused(Path data, String... words) throws IOException {
    Path serving = dir.resolve("serving");
    assertThat(finetune(data, serving)).isEqualTo(2);
    assertThat(errors()).startsWith("error: ").contains(words).doesNotContain("\tat ");
    assertThat(serving).doesNotExist();
  }

  private Path folder(String name) throws IOException {
    return Files.createDirectories(dir.resolve(name));
  }

  /** Several splits publish nothing: a place to publish to would be without effect. */
  @Test
  void aDemoOfSeveralSplitsHasNoPlaceToPublishTo() {
    String out = dir.resolve("out").toString();
    assertThat(graft("demo", "--splits", "2", "--out", out)).isEqualTo(2);
    assertThat(errors()).startsWith("error: ").contains("--out", "--splits");
    assertThat(dir.resolve("out")).doesNotExist();
  }

  @Test
  void noFolderOfPictures() throws IOException {
    refused(dir.resolve("nowhere"), "nowhere");
  }

  @Test
  void anEmptyClass() throws IOException {
    Path data = folder("data");
    folder("data/cats");
    folder("data/dogs");
    refused(data, "cats");
  }

  @Test
  void oneClassOnly() throws IOException {
    Path data = folder("data");
    folder("data/cats");
    Files.copy(
        Path.of("../../testdata/photos/animals/cat.jpg"), data.resolve("cats").resolve("cat.jpg"));
    refused(data, "label");
  }

  @Test
  void aFileThatIsNoPicture() throws IOException {
    Path data = folder("data");
    for (String label : new String[] {"cats", "dogs"}) {
      folder("data/" + label);
      Files.copy(
          Path.of("../../testdata/photos/animals/cat.jpg"), data.resolve(label).resolve("cat.jpg"));
    }
    Files.writeString(data.resolve("dogs").resolve("letter.jpg"), "Dear dog,");
    refused(data, "letter.jpg");
  }

  @Test
  void aFolderWithoutASavedModel() throws IOException {
    Path empty = folder("empty");
    assertThat(graft("inspect", empty.toString())).isEqualTo(2);
    assertThat(errors()).contains("saved_model.pb").doesNotContain("\tat ");
  }

  @Test
  void anUnknownModel() {
    assertThat(graft("inspect", "no-such-model")).isEqualTo(2);
    assertThat(errors()).contains("no-such-model");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--seed=3", "--find-rate"})
  void aModelThatReadsNoPictures(String flag) throws IOException {
    Path serving = dir.resolve("serving/pictures");
    Set<Path> before = runs();
    int code =
        graft(
            "finetune",
            "--model",
            "../../testdata/zoo/keras2/dense_mlp/model",
            "--data",
            "../../testdata/photos",
            "--out",
            serving.toString(),
            flag);
    assertThat(code).isEqualTo(2);
    assertThat(errors()).contains("has no input for pictures").doesNotContain("\tat ");
    assertThat(runs()).as("nothing came of it").isEqualTo(before);
    assertThat(serving.getParent()).as("so nothing is published").doesNotExist();
  }

  private static Set<Path> runs() throws IOException {
    Path runs = Path.of("runs");
    if (!Files.exists(runs)) {
      return Set.of();
    }
    try (Stream<Path> all = Files.list(runs)) {
      return all.filter(run -> run.getFileName().toString().startsWith("photos-"))
          .collect(Collectors.toSet());
    }
  }

  @Test
  void anOutputFolderThatHoldsOtherThings() throws IOException {
    Path serving = folder("serving");
    Files.writeString(serving.resolve("notes.txt"), "mine");
    assertThat(finetune(Path.of("../../testdata/photos"), serving)).isEqualTo(2);
    assertThat(errors()).contains("notes.txt");
    assertThat(serving.resolve("notes.txt")).exists();
  }

  @Test
  void anOutputFolderThatIsAFile() throws IOException {
    Path file = Files.writeString(dir.resolve("file"), "");
    assertThat(finetune(Path.of("../../testdata/photos"), file)).isEqualTo(2);
    assertThat(errors()).contains("file");
  }

  @Test
  void badUsageAndHelp() {
    assertThat(graft("finetune")).isEqualTo(2);
    assertThat(errors()).contains("--model");
    assertThat(errors())
        .startsWith("error: Missing")
        .contains("graft finetune --help")
        .hasLineCount(2);
    err.reset();
    assertThat(graft("finetun")).isEqualTo(2);
    assertThat(errors())
        .startsWith("error: there is no command 'finetun'")
        .contains("Did you mean finetune");
    err.reset();
    assertThat(graft("predict", "--modle", "x", "a.jpg")).isEqualTo(2);
    assertThat(errors()).contains("Unknown option: '--modle'", "Did you mean --model?");
    err.reset();
    assertThat(graft("predict", "--gpu", "a.jpg")).isEqualTo(2);
    assertThat(errors()).contains("--gpu is for ./graft and comes first: ./graft --gpu");
    err.reset();
    assertThat(graft("demo", "--splits", "few")).isEqualTo(2);
    assertThat(errors()).contains("'--splits'", "'few' is no whole number");
    err.reset();
    assertThat(graft("demo", "--splits", "-1")).isEqualTo(2);
    assertThat(errors()).startsWith("error: --splits").contains("1 or more");
    err.reset();
    assertThat(graft("inspect", "a", "b")).isEqualTo(2);
    assertThat(errors()).contains("'b' is one argument too many");
    err.reset();
    assertThat(graft()).isEqualTo(2);
    assertThat(errors()).startsWith("Usage: graft").contains("Commands:");
    for (String command : new String[] {"demo", "finetune", "evaluate", "predict", "inspect"}) {
      out.reset();
      assertThat(graft(command, "--help")).isZero();
      assertThat(out.toString(StandardCharsets.UTF_8)).contains("Examples:");
    }
  }

  @Test
  void inspectShowsTheBackbone() {
    assertThat(graft("inspect", BACKBONE)).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains(
            "4,694,024 parameters, 4,652,008 trainable",
            "predictions",
            "[?, 224, 224, 3]",
            "RGB 0..255 (");
  }

  @Test
  void aFolderThatIsNoRun() {
    assertThat(graft("resume", dir.toString())).isEqualTo(2);
    assertThat(errors()).startsWith("error: ").contains("is no run", "runs/photos-1");
  }

  @Test
  void settingsOfTrainingThatDoNotExist() {
    String[] job = {
      "finetune", "--model", BACKBONE, "--data", "../../testdata/photos", "--out", "" + dir
    };
    for (String[] wrong :
        new String[][] {
          {"--recipe", "best", "no recipe 'best'"},
          {"--min", "accuracy", "'accuracy' asks for nothing; --min takes METRIC=VALUE"},
          {"--min", "f1=high", "'f1=high' asks for nothing"},
          {
            "--min",
            "recall.fsh=1",
            "no metric 'recall.fsh' to ask for; of this model there are loss"
          },
          {"--optimizer", "adan", "take sgd, momentum"},
          {"--schedule", "step:3", "step:STEPS:FACTOR"},
          {"--rate", "0", "the rate of training is a number above 0, such as 1e-5, given 0.0."},
          {"--epochs", "0", "the epochs of training must be 1 or more, given 0."},
          {"--batch", "-2", "the batch of training must be 1 or more, given -2."},
          {"--batch", "many", "'many' is no batch; give a number, or auto."},
          {"--micro-batch", "0", "the micro-batch of training must be 1 or more, given 0."},
          {"--layer-decay", "2", "from block to block is above 0 and up to 1, given 2.0."},
          {"--clip-norm", "0", "a positive limit, not 0.0"},
          {"--patience", "0", "1 epoch or more, not 0"},
          {"--warm-up", "3", "between 0 and 1"},
          {"--time", "soon", "'soon' is no time; give a number and s, m or h, such as 10m."},
          {"--time", "0s", "a training takes some time"},
          {"--threads", "0", "give 1 or more"}
        }) {
      err.reset();
      String[] all = Arrays.copyOf(job, job.length + 2);
      all[job.length] = wrong[0];
      all[job.length + 1] = wrong[1];
      assertThat(graft(all)).isEqualTo(2);
      assertThat(errors()).startsWith("error: ").contains(wrong[2]).doesNotContain("\tat ");
    }
    err.reset();
    String[] few = Arrays.copyOf(job, job.length + 4);
    System.arraycopy(new String[] {"--recipe", "head", "--epochs", "3"}, 0, few, job.length, 4);
    assertThat(graft(few)).isEqualTo(2);
    assertThat(errors()).contains("has no fine-tuning for epochs");
    err.reset();
    few[2] = "there is none"; // nor is it looked for
    System.arraycopy(new String[] {"--time", "5m", "--find-rate"}, 0, few, job.length, 3);
    assertThat(graft(Arrays.copyOf(few, job.length + 3))).isEqualTo(2);
    assertThat(errors()).contains("leave out --time");
  }

  @Test
  void aModelThatDoesNotKnowItsLabels() {
    assertThat(
            graft(
                "evaluate",
                "--model",
                "../../testdata/zoo/keras2/mobilenetv2_mini/model",
                "--data",
                "../../testdata/photos"))
        .isEqualTo(2);
    assertThat(errors()).startsWith("error: ").contains("--labels FILE").doesNotContain("\tat ");
  }

  @Test
  void aMistypedFileOfLabelsIsNoLabel() {
    assertThat(
            graft(
                "evaluate",
                "--model",
                "../../testdata/examples/shapes/model",
                "--data",
                "../../testdata/examples/shapes/fogged",
                "--labels",
                "lables.txt"))
        .isEqualTo(2);
    assertThat(errors()).startsWith("error: there is no file 'lables.txt'").contains("commas");
  }

  @Test
  void limitsOfACheckThatAreNone() {
    for (String[] wrong :
        new String[][] {
          {"--timeout", "0", "more than 0"},
          {"--timeout", "-1", "more than 0"},
          {"--heap", "-5", "1 MB or more"}
        }) {
      err.reset();
      assertThat(graft("check", BACKBONE, wrong[0], wrong[1])).isEqualTo(2);
      assertThat(errors()).startsWith("error: ").contains(wrong[0], wrong[1], wrong[2]);
    }
  }

  @Test
  void numbersAreComparedWithoutLabels() throws IOException {
    StringBuilder rows = new StringBuilder("file,left,right\n");
    Path photo = Path.of("../../testdata/photos/animals/cat.jpg").toAbsolutePath().normalize();
    for (int i = 0; i < 3; i++) {
      rows.append(photo).append(",1.5,").append(i).append("\n");
    }
    Path table = Files.writeString(dir.resolve("numbers.csv"), rows);
    String model = "../../testdata/zoo/keras2/uint8_image/model";
    String[] evaluate = { // whatever an earlier run of tests has torn in the cache
      "evaluate", "--no-cache", "--model", model, "--data", "" + table
    };
    assertThat(graft(evaluate)).as(errors()).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("pictures  3", "mae", "rmse");
    String[] labelled =
        Stream.concat(Stream.of(evaluate), Stream.of("--labels", "a,b")).toArray(String[]::new);
    assertThat(graft(labelled)).isEqualTo(2);
    assertThat(errors()).startsWith("error: ").contains("leave out the labels");
  }

  @Test
  void doctorLooksAtThisMachine() throws IOException {
    assertThat(graft("doctor", "--json", "--trial", "1")).isZero();
    JsonNode machine = new ObjectMapper().readTree(out.toString(StandardCharsets.UTF_8));
    assertThat(machine.get("tensorflow").asText()).startsWith("2.");
    assertThat(machine.get("cores").asInt()).isEqualTo(Runtime.getRuntime().availableProcessors());
    assertThat(machine.get("devices").toString()).contains(":CPU:0");
    assertThat(machine.get("trials").get(0).get("device").asText()).isEqualTo("CPU:0");
    assertThat(machine.get("trials").get(0).get("trains").asBoolean()).isTrue();
    assertThat(machine.get("xla").get(0).get("compiles").asBoolean()).isTrue();
    assertThat(machine.get("cards").isArray()).isTrue();
    out.reset();
    assertThat(graft("doctor", "--trial", "-1")).isEqualTo(2);
    assertThat(errors()).contains("--trial takes a number of seconds");
    assertThat(graft("doctor", "--trial", "1")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("its native library loads and runs", "GB free", "GRAFT_HOME")
        .contains(
            "gpu memory taken as needed",
            "precision  float32",
            "operations side by side",
            "native log")
        .contains("cuda       TensorFlow's natives are those for the CPU")
        .containsPattern("trial      CPU:0: trains; \\d+ steps of a small network in \\d+\\.\\d s")
        .containsPattern("xla        CPU:0: compiles; a step of the same network as \\d kernels?");
  }
}
