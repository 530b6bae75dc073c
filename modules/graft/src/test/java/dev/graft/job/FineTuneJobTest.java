package dev.graft.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.graft.Graft;
import dev.graft.Precision;
import dev.graft.Publication;
import dev.graft.Settings;
import dev.graft.Trust;
import dev.graft.data.Split;
import dev.graft.error.BadRequestException;
import dev.graft.error.RefusedException;
import dev.graft.model.Model;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.FaultyFileSystem;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Epoch;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.words.Figure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job as a service in Java has it: listened to, cancelled, gone on with. */
@Tag("slow")
class FineTuneJobTest {

  private static Graft graft;

  @TempDir private Path dir;
  private final List<JobEvent> heard = new ArrayList<>();

  @BeforeAll
  static void open() {
    graft = Graft.open(Settings.defaults().threads(1, 1));
  }

  @AfterAll
  static void close() {
    graft.close();
  }

  private Job job(String recipe) {
    Path shapes = Checkout.path("testdata/examples/shapes");
    Training named = Training.by(recipe).seed(7);
    Training training = recipe.equals("head") ? named : named.epochs(2);
    return Job.of(shapes.resolve("model"), shapes.resolve("painted"), dir.resolve("serving"))
        .training(training)
        .surgery(Surgery.standard().head(HeadChoice.NEW))
        .runs(dir.resolve("runs"))
        .build();
  }

  /** Runs a job that is cancelled by its listener at the first event of this kind. */
  private void cancelledAt(Class<?> kind) {
    CancellationToken cancel = new CancellationToken();
    JobListener cancelling =
        event -> {
          heard.add(event);
          if (kind.isInstance(event instanceof JobEvent.OfTraining of ? of.event() : event)) {
            cancel.cancel();
          }
        };
    FineTuneJob job = FineTuneJob.of(job("full"));
    assertThatThrownBy(() -> job.run(graft, cancelling, cancel))
        .isInstanceOf(CancellationException.class);
  }

  @Test
  void aCancelledJobGoesOnAndPublishesOnce() throws IOException {
    cancelledAt(Epoch.class);
    Path run = dir.resolve("runs/painted-1");
    assertThat(heard)
        .endsWith(new JobEvent.Stopped(run))
        .hasAtLeastOneElementOfType(JobEvent.Begun.class);
    assertThat(dir.resolve("serving")).doesNotExist();

    heard.clear();
    JobResult result = FineTuneJob.resume(graft, run, heard::add);
    assertThat(heard.get(0))
        .isInstanceOfSatisfying(
            JobEvent.OfTraining.class,
            of ->
                assertThat(of.event())
                    .isInstanceOfSatisfying(
                        Progress.class,
                        files -> assertThat(files.phase()).isEqualTo(Progress.Phase.READ)));
    assertThat(heard.stream().map(event -> (Object) event.getClass()))
        .containsSubsequence(
            JobEvent.Begun.class,
            JobEvent.Divided.class,
            JobEvent.FolderMade.class,
            JobEvent.TrainingBegun.class,
            JobEvent.OfTraining.class,
            JobEvent.Trained.class,
            JobEvent.Published.class,
            JobEvent.Scored.class,
            JobEvent.Reported.class);
    assertThat(result.version()).isEqualTo(dir.resolve("serving/1"));
    assertThat(result.score().metric()).isEqualTo("accuracy");
    assertThat(result.score().value()).isGreaterThan(0.4);
    assertThat(result.report()).exists();
    assertThatThrownBy(() -> FineTuneJob.resume(graft, run, heard::add))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("is finished");

    Files.delete(result.report()); // as if it had been killed before it was written
    heard.clear();
    JobResult again = FineTuneJob.resume(graft, run, heard::add);
    assertThat(heard).contains(new JobEvent.PublishedBefore(result.version()));
    assertThat(again.score().value()).isEqualTo(result.score().value());
    assertThat(entries(dir.resolve("serving"))).containsExactly("1");
  }

  /** The job says it, not the Graft that does it: so it is the same when the job goes on. */
  @Test
  void aJobKeepsItsPrecision() {
    Job job = job("full").toBuilder().precision(Precision.AUTO).build();
    CancellationToken cancel = new CancellationToken();
    JobListener cancelling =
        event -> {
          if (event instanceof JobEvent.OfTraining of && of.event() instanceof Epoch) {
            cancel.cancel();
          }
        };
    assertThatThrownBy(() -> FineTuneJob.of(job).run(graft, cancelling, cancel))
        .isInstanceOf(CancellationException.class);
    JobResult result = FineTuneJob.resume(graft, dir.resolve("runs/painted-1"), heard::add);
    assertThat(result.run().decisions())
        .anyMatch(
            said ->
                said.endsWith("float32: as it was so far")
                    || said.endsWith("bfloat16: as it was so far"))
        .noneMatch(said -> said.startsWith("so far the run had"));
  }

  /** Features in bfloat16 are to learn and to choose from, and lie beside exact ones. */
  @Test
  void whatIsScoredInTheEndIsExact() {
    Job job = job("head").toBuilder().precision(Precision.BFLOAT16).build();
    Settings keeping = Settings.defaults().threads(1, 1).featureFolder(dir.resolve("features"));
    try (Graft kept = Graft.open(keeping)) {
      JobResult result = FineTuneJob.run(kept, job, heard::add);
      assertThat(result.run().decisions()).anyMatch(said -> said.startsWith("features in "));
      Model published = Graft.load(result.version(), Trust.ALLOW);
      Evaluation exact = graft.evaluate(published, result.parts().test());
      assertThat(result.score().evaluation().loss()).isCloseTo(exact.loss(), within(1e-6));
      assertThat(kept.evaluate(published, result.parts().validation()).loss())
          .isCloseTo(graft.evaluate(published, result.parts().validation()).loss(), within(1e-6));
    }
  }

  @Test
  void whatIsCancelledAfterTrainingIsNotPublished() {
    cancelledAt(JobEvent.Trained.class);
    Path run = dir.resolve("runs/painted-1");
    assertThat(heard).endsWith(new JobEvent.Stopped(run));
    assertThat(dir.resolve("serving/1")).doesNotExist();
    JobResult result = FineTuneJob.resume(graft, run, heard::add);
    assertThat(result.version()).isEqualTo(dir.resolve("serving/1"));
  }

  /** Its version is there by then, and is scored when the job goes on. */
  @Test
  void cancelledWhileItScoresItGoesOnWithWhatIsPublished() {
    cancelledAt(JobEvent.Published.class);
    JobResult result = FineTuneJob.resume(graft, dir.resolve("runs/painted-1"), heard::add);
    assertThat(heard).contains(new JobEvent.PublishedBefore(result.version()));
  }

  @Test
  void whatMissesAGateIsNotPublishedAndStays() throws IOException {
    Path serving = dir.resolve("serving");
    Job job =
        job("head").toBuilder()
            .publication(
                Publication.to(serving).require("accuracy", 1.1).require("recall.disc", 0).keep(4))
            .build();
    assertThatThrownBy(() -> FineTuneJob.run(graft, job, heard::add))
        .isInstanceOfSatisfying(
            RefusedException.class,
            refusal ->
                assertThat(refusal.figures().stream().map(Figure::holds))
                    .containsExactly(false, true));
    Path run = dir.resolve("runs/painted-1");
    assertThat(heard.stream().map(event -> (Object) event.getClass()))
        .endsWith(JobEvent.Scored.class, JobEvent.Reported.class, JobEvent.Refused.class)
        .doesNotContain(JobEvent.Published.class);
    assertThat(run.resolve("report.html")).exists();
    assertThat(serving).doesNotExist();
    assertThatThrownBy(() -> FineTuneJob.resume(graft, run, heard::add))
        .as("a run that goes on keeps its gates")
        .isInstanceOf(RefusedException.class);
    try (RunFolder folder = RunFolder.open(run)) {
      assertThat(folder.job()).isEqualTo(job);
      RunFolder anyway = folder.on(folder.job().publication().ungated());
      JobResult result = FineTuneJob.in(anyway).run(graft, heard::add, new CancellationToken());
      assertThat(result.version()).isEqualTo(serving.resolve("1"));
    }
    assertThatThrownBy(() -> FineTuneJob.resume(graft, run, heard::add))
        .hasMessageContaining("is finished");
  }

  @Test
  void whatCannotBeAnsweredIsRefusedBeforeAnythingIsTrained() {
    Path serving = dir.resolve("serving");
    FineTuneJob.run(graft, job("head"), heard::add);
    Job unknown =
        job("head").toBuilder().publication(Publication.to(serving).require("recall.x", 1)).build();
    assertThatThrownBy(() -> FineTuneJob.of(unknown))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("no metric 'recall.x'")
        .hasMessageContaining(
            "loss, accuracy, top-5, precision, recall, f1, kappa, auc, latency, size,"
                + " precision.bar");
    Job other =
        Job.of(job("head").model(), Checkout.path("testdata/photos"), serving)
            .publication(Publication.to(serving).notWorse(true))
            .surgery(Surgery.standard().head(HeadChoice.NEW))
            .build();
    assertThatThrownBy(() -> FineTuneJob.of(other))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("published now")
        .hasMessageContaining("does not know all");
  }

  @Test
  void aListenerThatThrowsStopsNothing() throws IOException {
    JobListener failing =
        event -> {
          throw new IllegalStateException("a closed web socket");
        };
    JobResult result = FineTuneJob.run(graft, job("head"), failing);
    assertThat(result.folder()).isEqualTo(dir.resolve("runs/painted-1"));
    assertThat(result.run().decisions()).noneMatch(decision -> decision.contains("listener"));
    assertThat(entries(dir.resolve("serving"))).containsExactly("1");
  }

  @Test
  void aTrialWritesNothing() {
    assertThat(
            FineTuneJob.of(job("head")).trial(graft, heard::add, new CancellationToken()).count())
        .isPositive();
    assertThat(dir).isEmptyDirectory();
  }

  /** As {@code graft demo --splits}: of each division only what no other has seen is computed. */
  @Test
  void trialsOfSeveralDivisionsShareWhatIsComputed() {
    Settings keeping = Settings.defaults().threads(1, 1).featureFolder(dir.resolve("features"));
    try (Graft kept = Graft.open(keeping)) {
      TrainingEvent.Features first = counted(kept, 7);
      assertThat(first.reused()).isZero();
      assertThat(first.computed()).isPositive();
      assertThat(counted(kept, 7).computed()).isZero();
      TrainingEvent.Features other = counted(kept, 8);
      assertThat(other.reused() + other.computed()).isEqualTo(first.computed());
      assertThat(other.reused()).isGreaterThan(first.computed() / 2);
      assertThat(counted(kept, 8).computed()).isZero();
    }
  }

  /** What a trial says of its features whose division is by {@code seed}. */
  private TrainingEvent.Features counted(Graft kept, long seed) {
    heard.clear();
    Job divided =
        job("head").toBuilder()
            .training(Training.by("head").seed(seed))
            .split(Split.of(60, 20, 20).seed(seed))
            .build();
    FineTuneJob.of(divided).trial(kept, heard::add, new CancellationToken());
    return heard.stream()
        .filter(JobEvent.OfTraining.class::isInstance)
        .map(event -> ((JobEvent.OfTraining) event).event())
        .filter(TrainingEvent.Features.class::isInstance)
        .map(TrainingEvent.Features.class::cast)
        .findFirst()
        .orElseThrow();
  }

  /** Nor where a file lies in the place of its folder: a sentence, and the same result. */
  @Test
  void aJobWhoseFeaturesCannotBeKeptComesToTheSame() throws IOException {
    JobResult plain = FineTuneJob.run(graft, job("top"), heard::add);
    assertThat(plain.run().decisions()).noneMatch(said -> said.startsWith("features are not"));
    Path file = Files.writeString(dir.resolve("file"), "");
    Path full = Files.createDirectories(dir.resolve("full"));
    FaultyFileSystem disk = new FaultyFileSystem(12, FaultyFileSystem.Fault.FULL);
    for (Path folder : List.of(file, file.resolve("features"), disk.wrap(full))) {
      Settings keeping = Settings.defaults().threads(1, 1).featureFolder(folder);
      try (Graft unkept = Graft.open(keeping)) {
        JobResult result = FineTuneJob.run(unkept, job("top"), heard::add);
        assertThat(result.run().decisions())
            .as(folder.toString())
            .filteredOn(said -> said.startsWith("features are not kept in " + folder))
            .hasSize(1);
        assertThat(result.score().value()).isEqualTo(plain.score().value());
        assertThat(result.score().evaluation().loss())
            .isCloseTo(plain.score().evaluation().loss(), within(1e-5));
        assertThat(result.run().features().reused()).isZero();
      }
    }
    assertThat(disk.operations()).isGreaterThan(12);
  }

  private static List<String> entries(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(path -> path.getFileName().toString())
          .filter(name -> !name.startsWith(".graft-use-")) // models that are not forgotten yet
          .toList();
    }
  }
}
