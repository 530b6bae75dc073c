package dev.graft.trainer.fit;

import static dev.graft.trainer.SmallTraining.BLOCKS;
import static dev.graft.trainer.SmallTraining.MODEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Parts;
import dev.graft.error.BadModelException;
import dev.graft.error.ClosedException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.file.Interrupts;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoint;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.internal.watch.Interruption;
import dev.graft.trainer.listener.CsvLog;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.Epoch;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TensorBoardLog;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.score.Evaluator;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An interrupt, and a Graft that is closed, end a training as a cancellation; nothing else does.
 */
@Timeout(60)
class InterruptionTest {

  private static final Parts PARTS = SmallTraining.parts();
  private static final Recipe LONG = SmallTraining.recipe(100_000);

  private TensorFlowRuntime runtime;

  @BeforeEach
  void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterEach
  void close() {
    assertThat(Thread.interrupted()).as("left by the test").isFalse();
    runtime.close();
  }

  private Run fit(Recipe recipe, TrainingListener... listeners) {
    return fit(SmallTraining.options(recipe, listeners));
  }

  private Run fit(TrainOptions options) {
    return Trainer.fit(runtime, MODEL, BLOCKS, PARTS, options);
  }

  /** Interrupts its thread at some progress of a phase. */
  private static TrainingListener interruptingAt(Progress.Phase phase) {
    return TrainingListener.to(
        Progress.class,
        progress -> {
          if (progress.phase() == phase) {
            Thread.currentThread().interrupt();
          }
        });
  }

  @Test
  void endsEachPhaseAsACancellation() {
    for (Progress.Phase phase :
        List.of(Progress.Phase.FEATURES, Progress.Phase.HEAD, Progress.Phase.FINE_TUNE)) {
      assertThatThrownBy(() -> fit(LONG, interruptingAt(phase)))
          .as("in %s", phase)
          .isInstanceOf(CancellationException.class)
          .hasMessageContaining("Thread.interrupt");
      assertThat(Thread.interrupted()).as("still interrupted after %s", phase).isTrue();
    }
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> fit(LONG)).isInstanceOf(CancellationException.class);
    assertThat(Thread.interrupted()).isTrue();
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> Evaluator.evaluate(runtime, MODEL, PARTS.test()))
        .isInstanceOf(CancellationException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  /** While the weights are read, the head is solved, steps are taken, checkpoints written. */
  @Tag("nightly")
  @Test
  void comesAtAnyMoment(@TempDir Path folder) throws InterruptedException {
    for (int i = 0; i < 6; i++) {
      Checkpoints checkpoints = Checkpoints.in(folder.resolve("" + i)).everySteps(1);
      AtomicReference<Throwable> end = new AtomicReference<>();
      Thread training =
          new Thread(
              () -> {
                try {
                  fit(TrainOptions.by(LONG).checkpoints(checkpoints));
                } catch (RuntimeException | Error e) {
                  end.set(e);
                }
              });
      training.start();
      Thread.sleep(100L * i);
      training.interrupt();
      training.join();
      assertThat(end.get()).as("after %d ms", 100 * i).isInstanceOf(CancellationException.class);
    }
  }

  /** The step under way is waited for, and nothing of it is lost. */
  @Test
  void keepsACheckpointAndTheLogs(@TempDir Path folder) throws IOException {
    AtomicInteger steps = new AtomicInteger();
    TrainingListener interrupting =
        TrainingListener.to(
            Step.class,
            step -> {
              if (steps.incrementAndGet() == 4) {
                Thread.currentThread().interrupt();
              }
            });
    Path log = folder.resolve("log.csv");
    TrainOptions all =
        SmallTraining.options(
                LONG,
                interrupting,
                CsvLog.to(log),
                TensorBoardLog.in(folder.resolve("tensorboard")))
            .checkpoints(Checkpoints.in(folder.resolve("checkpoints")));
    assertThatThrownBy(() -> fit(all)).isInstanceOf(CancellationException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(steps).hasValue(4);
    Checkpoint last =
        Checkpoints.in(folder.resolve("checkpoints")).open().newest(sentence -> {}).orElseThrow();
    assertThat(last.loop().orElseThrow().counters().batches()).isEqualTo(4);
    assertThat(Files.readAllLines(log)).hasSize(2); // of the epoch of three steps
    assertThat(folder.resolve("tensorboard/stretch-1")).isDirectoryContaining("glob:**graft");
  }

  /** The interrupt comes while a listener after the last step of an epoch is at its file. */
  @Test
  void aLogThatIsWrittenJustThenIsWhole(@TempDir Path folder) throws IOException {
    Path log = folder.resolve("log.csv");
    TrainingListener first =
        TrainingListener.to(Epoch.class, epoch -> Thread.currentThread().interrupt());
    assertThatThrownBy(() -> fit(LONG, first, CsvLog.to(log)))
        .isInstanceOf(CancellationException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(Files.readAllLines(log)).hasSize(2);
  }

  /** What the JVM does to a file that is being read by an interrupted thread. */
  @Test
  void theModelIsNotToBlameForAFileThatAnInterruptClosed() {
    BadModelException blamed =
        BadModelException.inFile("w", "'w' cannot be read", new ClosedByInterruptException());
    assertThat(Interruption.of(runtime).endedBy(blamed))
        .isInstanceOf(CancellationException.class)
        .hasCause(blamed);
    BadModelException damaged = BadModelException.inFile("w", "damaged", new IOException());
    assertThat(Interruption.of(runtime).endedBy(damaged)).isSameAs(damaged);
    BadModelException slow =
        BadModelException.inFile("w", "too late", new SocketTimeoutException());
    assertThat(Interrupts.areCauseOf(slow)).as("nobody interrupted that").isFalse();
  }

  @Test
  void closingUnderATrainingEndsItAsACancellation() {
    TrainingListener closing = TrainingListener.to(Step.class, step -> runtime.close());
    assertThatThrownBy(() -> fit(LONG, closing))
        .isInstanceOf(CancellationException.class)
        .hasMessageContaining("Graft was closed");
    assertThatThrownBy(() -> fit(LONG)).isInstanceOf(ClosedException.class);
  }

  @Test
  void aListenerThatThrowsIsToldOfOnceAndEndsNothing(@TempDir Path folder) {
    Set<Class<?>> told = new HashSet<>();
    TrainingListener broken =
        event -> {
          told.add(event.getClass());
          throw new IllegalStateException("the socket is closed");
        };
    List<String> heard = new ArrayList<>();
    Run run =
        fit(
            SmallTraining.options(SmallTraining.recipe(1), broken, SmallTraining.noting(heard))
                .checkpoints(Checkpoints.in(folder)));
    assertThat(told)
        .containsExactlyInAnyOrder(
            TrainingEvent.Begun.class,
            Progress.class,
            Step.class,
            Epoch.class,
            Decision.class,
            TrainingEvent.Features.class,
            TrainingEvent.Saved.class,
            TrainingEvent.Ended.class);
    assertThat(run.decisions())
        .filteredOn(sentence -> sentence.contains("the socket is closed"))
        .hasSize(1)
        .first()
        .asString()
        .contains("the listener", "failed", "training goes on");
    assertThat(heard).containsAll(run.decisions());
    Run quiet = fit(SmallTraining.recipe(1));
    assertThat(SmallTraining.digest(run.model())).isEqualTo(SmallTraining.digest(quiet.model()));
    assertThat(run.decisions()).containsAll(quiet.decisions());
  }

  @Test
  void aLogThatCannotBeWrittenIsToldOfAndEndsNothing(@TempDir Path folder) {
    Run run = fit(SmallTraining.recipe(1), CsvLog.to(folder.resolve("no/log.csv")));
    assertThat(run.decisions())
        .filteredOn(sentence -> sentence.contains("no/log.csv"))
        .hasSize(1)
        .first()
        .asString()
        .contains("CsvLog failed", "cannot be written", "training goes on");
  }
}
