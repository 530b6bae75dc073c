package dev.graft.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ImmutableSortedSet;
import dev.graft.Device;
import dev.graft.InputRange;
import dev.graft.LoadOptions;
import dev.graft.Precision;
import dev.graft.Settings;
import dev.graft.Trust;
import dev.graft.Version;
import dev.graft.data.Split;
import dev.graft.error.BadRequestException;
import dev.graft.error.InputOutputException;
import dev.graft.model.Labels;
import dev.graft.savedmodel.file.FolderDigest;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.testkit.ChildJava;
import dev.graft.testkit.FaultyFileSystem;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.listener.Epoch;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.metric.Classification;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.LabelScore;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.LayerRates;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.trainer.optimizer.Schedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run's folder remembers. */
class RunFolderTest {

  private static final Settings SETTINGS =
      Settings.defaults().device(Device.CPU).threads(3, 1).memoryGrowth(false);

  @TempDir private Path runs;

  private Job job() {
    return Job.of(runs.resolve("model"), runs.resolve("pictures"), runs.resolve("out"))
        .load(
            LoadOptions.defaults()
                .trust(Trust.ALLOW)
                .tags("serve", "gpu")
                .signature("features")
                .inputRange(InputRange.CAFFE))
        .surgery(
            Surgery.standard()
                .head(HeadChoice.NEW)
                .freeze(Where.parse("until block_13 or class BatchNormalization"))
                .unfreeze(Where.lastBlocks(2))
                .labels(Labels.of("a, with comma", "b"))
                .carryOver()
                .size(96, 128)
                .form(
                    HeadForm.standard()
                        .pooling(HeadSpec.Pooling.MAX)
                        .hidden(List.of(64, 32))
                        .dropout(0.1)))
        .split(Split.of(70, 20, 10).seed(5).perLabel(3))
        .training(
            Training.by("top")
                .seed(9)
                .epochs(3)
                .rate(1e-4)
                .batch(8)
                .microBatch(4)
                .optimizer("adamw")
                .schedule("step:30:0.5")
                .warmUp(0.2)
                .layerDecay(0.9)
                .clipNorm(2.0)
                .monitor("f1")
                .patience(2)
                .headEpochs(7)
                .headRate(1e-2)
                .time(Duration.ofMinutes(90)))
        .precision(Precision.AUTO)
        .runs(runs)
        .name("photos")
        .build();
  }

  @Test
  void theJobComesBack() {
    Path path = runs.resolve("photos-1");
    try (RunFolder made = RunFolder.create(job(), SETTINGS)) {
      assertThat(made.path()).isEqualTo(path);
      assertThat(made.published()).isEmpty();
    }
    try (RunFolder again = RunFolder.open(path)) {
      assertThat(again.job()).isEqualTo(job());
      assertThat(again.settings()).isEqualTo(SETTINGS);
    }
  }

  /**
   * Another run may publish to the base while this one is stopped, and this one does at its end.
   */
  @Test
  void theModelStaysTheVersionThatTheRunBeganWith() throws IOException {
    Path first = version(1);
    RunFolder folder = made("photos-1");
    assertThat(folder.job().model()).isEqualTo(first);
    version(2);
    try (RunFolder again = RunFolder.open(folder.path())) {
      assertThat(again.job()).isEqualTo(folder.job());
    }
    Evaluation score =
        evaluation(
            new Classification(Labels.of("a", "b"), ImmutableList.of(0), ImmutableList.of(0)));
    Run run =
        new Run(
            Baselines.rawPixels(2),
            Recipe.headOnly(),
            score,
            ImmutableList.of(),
            ImmutableMap.of(),
            new TrainingEvent.Features(0, 0, 0));
    assertThat(Files.readString(folder.report(run, "test", score))).contains("model/1");
  }

  private Path version(int number) throws IOException {
    Path folder = Files.createDirectories(runs.resolve("model/" + number));
    Files.createFile(folder.resolve("saved_model.pb"));
    return folder;
  }

  @Test
  void twoCannotWorkOnOneRun() throws Exception {
    try (RunFolder made = RunFolder.create(job(), SETTINGS)) {
      refused(made.path(), "is at work in another process", "stop it first");
      assertThat(opens(made.path())).as("another process, after that").isFalse();
    }
    assertThat(opens(runs.resolve("photos-1"))).isTrue();
  }

  /** Whether a process of its own can open the run. */
  private static boolean opens(Path folder) throws Exception {
    return ChildJava.running(RunFolderTest.class, folder.toString()).inheritIO().start().waitFor()
        == 0;
  }

  /** The process: ends with 0 if it can open the run. */
  public static void main(String[] arguments) {
    try {
      RunFolder.open(Path.of(arguments[0])).close();
    } catch (BadRequestException e) {
      System.exit(1);
    }
  }

  /** Killed between the version's appearance and the note of it, it does not publish once more. */
  @Test
  void aVersionThatAppearedIsNotPublishedAgain() throws IOException {
    RunFolder folder = made("photos-1");
    Path version = runs.resolve("out/3");
    Files.createDirectories(version.resolve("variables"));
    Files.writeString(version.resolve("saved_model.pb"), "graph");
    Files.writeString(version.resolve("variables/variables.index"), "sums");
    String digest = FolderDigest.of(version);
    folder.publishing(runs.resolve("out/2"), digest);
    assertThat(folder.published()).as("killed before it appeared").isEmpty();
    folder.publishing(version, digest);
    assertThat(folder.published()).contains(version);
    Files.writeString(version.resolve("saved_model.pb"), "another run was faster");
    assertThat(folder.published()).isEmpty();
  }

  /** As a power cut left them before files were forced to the disk. */
  @Test
  void emptyFilesAreToldOrPassedOver() throws IOException {
    RunFolder folder = made("photos-1");
    Files.createFile(folder.path().resolve("published.txt"));
    assertThat(folder.published()).isEmpty();
    Files.createFile(folder.path().resolve("log.csv"));
    Evaluation score =
        evaluation(
            new Classification(Labels.of("a", "b"), ImmutableList.of(0), ImmutableList.of(0)));
    Run run =
        new Run(
            Baselines.rawPixels(2),
            Recipe.headOnly(),
            score,
            ImmutableList.of(),
            ImmutableMap.of(),
            new TrainingEvent.Features(0, 0, 0));
    assertThat(folder.report(run, "test", score)).exists();
    for (String content : List.of("", "null", "3", "{}", "{\"of\": 3}")) {
      Files.writeString(folder.path().resolve("run.json"), content);
      refused(folder.path(), "run.json", "is damaged", "begin a new run");
    }
  }

  /** The shared file systems of clusters are full before they are written to. */
  @Test
  void aRunThatCannotBeBegunLeavesNothing() throws IOException {
    Path full = new FaultyFileSystem(2, FaultyFileSystem.Fault.FULL).wrap(runs);
    assertThatThrownBy(() -> RunFolder.create(job().toBuilder().runs(full).build(), SETTINGS))
        .isInstanceOf(InputOutputException.class)
        .hasMessageContaining("No space left");
    assertThat(runs).isEmptyDirectory();
  }

  /** Else the next one would take its folder for a label. */
  @Test
  void nothingIsWrittenAmongThePictures() {
    Path pictures = job().pictures();
    for (Path inside : List.of(pictures, pictures.resolve("runs"))) {
      assertThatThrownBy(() -> RunFolder.create(job().toBuilder().runs(inside).build(), SETTINGS))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContainingAll("the folder of the run", "start from another folder");
      assertThat(inside).doesNotExist();
    }
    RunFolder.create(job().toBuilder().runs(pictures.resolve(".runs")).build(), SETTINGS)
        .close(); // passed over
  }

  @Test
  void aRunIsFinishedOnceItsReportIsWritten() {
    RunFolder folder = made("photos-1");
    folder.done(
        new Version(
            runs.resolve("out/1"),
            1,
            0,
            ImmutableSortedSet.of(1),
            ImmutableList.of(),
            0,
            ImmutableList.of(),
            ImmutableList.of()));
    assertThat(folder.published()).contains(runs.resolve("out/1"));
    assertThat(folder.isFinished()).isFalse();
  }

  /** Tests may run as root, who can write to any file, but not to a folder. */
  @Test
  void aRunThatCannotBeWritten() throws IOException {
    Path folder = made("photos-1").path();
    Files.delete(folder.resolve(".lock"));
    Files.createDirectory(folder.resolve(".lock"));
    assertThatThrownBy(() -> RunFolder.open(folder))
        .isInstanceOf(InputOutputException.class)
        .hasMessageContainingAll(
            "'" + folder + "' cannot be written", ".lock", "make it writable, with all")
        .hasMessageNotContaining("run.json");
  }

  @Test
  void aRunThatFailedBeforeItBeganLeavesNothing() {
    try (RunFolder made = RunFolder.create(job(), SETTINGS)) {
      made.dropIfUnused();
      assertThat(made.path()).doesNotExist();
    }
  }

  @Test
  void whatBecameOfItIsOnOnePage() throws IOException {
    RunFolder folder = made("photos-1");
    List<TrainingListener> logs = folder.options().listeners();
    Labels labels = Labels.of("a <b>", "c");
    Evaluation score =
        evaluation(
            new Classification(labels, ImmutableList.of(0, 0, 1), ImmutableList.of(0, 1, 1)));
    for (int epoch = 1; epoch <= 3; epoch++) {
      Epoch ended = new Epoch(1, "words", epoch, 3, epoch, 0.1, 1.0 / epoch, score, true);
      logs.forEach(log -> log.on(ended));
    }
    Run run =
        new Run(
            Baselines.rawPixels(2),
            Recipe.headThenTop(),
            score,
            ImmutableList.of("it was <so> decided"),
            ImmutableMap.of(),
            new TrainingEvent.Features(0, 0, 0));
    String page = Files.readString(folder.report(run, "test", score));
    assertThat(page)
        .contains("<title>photos-1</title>", "2 of 3 right", "it was &lt;so&gt; decided", "<svg")
        .contains("a &lt;b&gt;", "0.500")
        .doesNotContain("href", "https:", "src=", "url(", "<script")
        .doesNotContain("<b>", "<so>");
    RateCurve curve =
        new RateCurve(
            ImmutableList.of(new RateCurve.Point(1e-5, 2, 2), new RateCurve.Point(1e-4, 1, 1)),
            OptionalDouble.of(1e-5),
            false);
    assertThat(folder.report(curve)).hasFileName("rates.svg");
    assertThat(curve.fall()).isEqualTo(0.5);
  }

  private static Evaluation evaluation(Classification answers) {
    ImmutableList.Builder<LabelScore> labels = ImmutableList.builder();
    List<List<Integer>> table = answers.confusion();
    for (int i = 0; i < table.size(); i++) {
      int right = table.get(i).get(i);
      labels.add(new LabelScore(answers.labels().names().get(i), 2, 2, right));
    }
    return new Evaluation(
        answers.count(),
        0.7,
        ImmutableMap.of("accuracy", (double) answers.correct() / answers.count()),
        ImmutableMap.of("kind", labels.build()),
        Optional.of(answers),
        ImmutableSet.of());
  }

  @Test
  void flagsBecomeARecipe() {
    Recipe recipe = job().recipe();
    assertThat(recipe.name()).isEqualTo("head then top");
    assertThat(recipe.metric()).contains("f1");
    assertThat(recipe.head().steps())
        .isEqualTo(withCommonFlags(FineTune.head().epochs(7).rate(1e-2)));
    assertThat(recipe.fineTunes())
        .containsExactly(
            withCommonFlags(FineTune.top().epochs(3).rate(1e-4).rates(LayerRates.falling(0.9))));
    assertThat(Training.by("gradual").seed(3).toRecipe()).isEqualTo(Recipe.gradual().seed(3));
    assertThat(Training.by("head").toRecipe()).isEqualTo(Recipe.headOnly());
  }

  /** What holds for the steps of the head, too. */
  private static FineTune withCommonFlags(FineTune settings) {
    return settings
        .batch(8)
        .microBatch(4)
        .optimizer(Optimizer.adamW())
        .schedule(Schedule.step(30, 0.5).warmUp(0.2))
        .clipping(Clipping.byGlobalNorm(2))
        .patience(2);
  }

  @Test
  void aSearchForARateIsNothingToGoOnWith() {
    try (RunFolder folder = RunFolder.createForRate(job(), SETTINGS)) {
      assertThat(folder.path()).hasFileName("photos-1");
    }
    refused(runs.resolve("photos-1"), "only looked for a rate", "begin a new run");
  }

  @Test
  void noFolderIsUsedTwice() throws IOException {
    Files.createDirectories(runs.resolve("photos-2"));
    made("photos-1");
    made("photos-3");
  }

  @Test
  void whatCannotBeReadIsRefused() throws IOException {
    Path folder = made("photos-1").path();
    Path file = folder.resolve("run.json");
    String json = Files.readString(file);
    Files.writeString(file, json.replace("\"format\" : 8", "\"format\" : 9"));
    refused(folder, "has the format 9", "with the version that began it");
    Files.writeString(file, "{\"format\": 9, \"of\": \"a later version\"}");
    refused(folder, "has the format 9", "with the version that began it");
    Files.writeString(file, json.substring(20));
    refused(folder, "run.json", "is damaged", "begin a new run");
    Files.writeString(file, json.replace("\"threads\"", "\"thread\""));
    refused(folder, "run.json", "is damaged", "\"thread\"", "mend it");
    Files.writeString(file, "{\"format\": 8}");
    refused(folder, "run.json", "is damaged", "not all is there", "begin a new run");
    Files.writeString(file, json.replace("\"top\"", "\"head first\""));
    refused(folder, "no recipe 'head first'");
    refused(runs, "is no run");
  }

  /** A run that nobody is at work on, whose folder is called so. */
  private RunFolder made(String name) {
    try (RunFolder folder = RunFolder.create(job(), SETTINGS)) {
      assertThat(folder.path().getFileName()).hasToString(name);
      return folder;
    }
  }

  private static void refused(Path folder, String... words) {
    assertThatThrownBy(() -> RunFolder.open(folder))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll(words);
  }
}
