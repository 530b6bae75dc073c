package dev.graft.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.InputOutputException;
import dev.graft.testkit.FaultyFileSystem;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.listener.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Training that is stopped and begun again ends as if it had never stopped. */
class CheckpointsTest extends CheckpointsFixture {
  /** Scoring a large validation part may take as long as many steps. */
  @Test
  void whatIsDueIsWrittenBeforeAnEpochIsScored() {
    CancellationToken token = new CancellationToken();
    List<TrainingEvent> heard = new ArrayList<>();
    TrainingListener watcher =
        event -> {
          heard.add(event);
          if (event instanceof Step step && step.number() == 3) { // the epoch's steps are over
            token.cancel();
          }
        };
    TrainOptions options = TrainOptions.by(SmallTraining.recipe(1)).checkpoints(everyStep());
    assertThatThrownBy(() -> train(options.listener(watcher).cancellation(token), PARTS))
        .isInstanceOf(CancellationException.class);
    assertThat(heard.subList(heard.size() - 5, heard.size()).stream().map(Object::getClass))
        .as("it was due, and then its score was cancelled")
        .containsExactly(
            Step.class,
            Progress.class,
            TrainingEvent.Saved.class,
            TrainingEvent.Saved.class,
            TrainingEvent.Cancelled.class);
  }

  @Test
  void goesOnToTheBit() {
    goesOnToTheBit(4);
  }

  @Tag("nightly")
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 6, 7, 8, 12})
  void goesOnToTheBit(int step) {
    trainUntil(step);
    Run resumed = train(RECIPE, PARTS, everyStep());
    assertThat(SmallTraining.digest(resumed.model())).isEqualTo(uninterrupted);
    assertThat(resumed.decisions())
        .anyMatch(sentence -> sentence.startsWith("head alone"))
        .anyMatch(sentence -> sentence.startsWith("goes on from a checkpoint, after step"))
        .noneMatch(sentence -> sentence.contains("may differ"));
  }

  @Test
  void aFinishedRunGivesItsModelAgain() throws IOException {
    Run run = train(RECIPE, PARTS, Checkpoints.in(folder));
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("2", "3");
    }
    List<Progress.Phase> phases = new ArrayList<>();
    TrainingListener watcher =
        TrainingListener.to(Progress.class, progress -> phases.add(progress.phase()));
    Run again =
        train(TrainOptions.by(RECIPE).checkpoints(Checkpoints.in(folder)).listener(watcher), PARTS);
    assertThat(SmallTraining.digest(again.model()))
        .isEqualTo(SmallTraining.digest(run.model()))
        .isEqualTo(uninterrupted);
    assertThat(again.validation()).isEqualTo(run.validation());
    assertThat(phases).containsOnly(Progress.Phase.FEATURES);
  }

  @Test
  void aDamagedCheckpointIsPassedOver() throws IOException {
    trainUntil(5);
    damage(newest());
    Run resumed = train(RECIPE, PARTS, everyStep());
    assertThat(SmallTraining.digest(resumed.model())).isEqualTo(uninterrupted);
    assertThat(resumed.decisions().get(0))
        .contains("is damaged and passed over", "checksum", "the one before it is taken");
  }

  @Tag("nightly")
  @Test
  void whereAllAreDamagedTrainingBeginsAnew() throws IOException {
    trainUntil(3);
    try (Stream<Path> all = Files.list(folder)) {
      for (Path each : all.toList()) {
        damage(each);
      }
    }
    Run again = train(RECIPE, PARTS, everyStep());
    assertThat(SmallTraining.digest(again.model())).isEqualTo(uninterrupted);
    assertThat(again.decisions()).anyMatch(sentence -> sentence.contains("begins anew"));
  }

  /** Each is saved when the one before is there, with every file operation failing in turn. */
  @ParameterizedTest
  @EnumSource
  void whicheverFileOperationFailsTheLastCheckpointIsWhole(FaultyFileSystem.Fault fault) {
    Checkpoints.in(folder).open().save(numbered(1));
    Checkpoints.in(folder).open().save(numbered(2));
    FaultyFileSystem counting = new FaultyFileSystem(0, fault);
    Checkpoints.in(counting.wrap(folder)).open().save(numbered(3));
    assertThat(counting.operations()).isGreaterThan(15);
    int last = 3;
    int refused = 0;
    for (int i = 1; i <= counting.operations(); i++) {
      int next = last + 1;
      try {
        Checkpoints.in(new FaultyFileSystem(i, fault).wrap(folder)).open().save(numbered(next));
      } catch (InputOutputException e) {
        assertThat(e).hasMessageContainingAll("injected", "are untouched", "Make room");
        refused++;
      }
      int now = newestIn(folder);
      assertThat(now).as("after operation %d failed", i).isBetween(last, next);
      last = now;
    }
    assertThat(refused).isGreaterThan(counting.operations() / 2);
    Checkpoints.in(folder).open().save(numbered(last + 1));
    assertThat(newestIn(folder)).isEqualTo(last + 1);
  }

  @ParameterizedTest
  @EnumSource(names = {"FOR_GOOD", "FULL"})
  void aFullDiskStopsTheRunAndItGoesOnLater(FaultyFileSystem.Fault fault) {
    FaultyFileSystem full = new FaultyFileSystem(60, fault);
    Checkpoints failing = Checkpoints.in(full.wrap(folder)).everySteps(1);
    assertThatThrownBy(() -> train(RECIPE, PARTS, failing))
        .isInstanceOf(InputOutputException.class)
        .hasMessageContaining("training was stopped");
    Run resumed = train(RECIPE, PARTS, everyStep());
    assertThat(resumed.decisions()).anyMatch(sentence -> sentence.startsWith("goes on from"));
    assertThat(SmallTraining.digest(resumed.model())).isEqualTo(uninterrupted);
  }

  @Test
  void whatIsCancelledKeepsItsLastStep() {
    Checkpoints rare = Checkpoints.in(folder).every(Duration.ofDays(1));
    assertThatThrownBy(() -> trainUntil(4, RECIPE, rare)).isInstanceOf(CancellationException.class);
    LoopState kept = rare.open().newest(s -> {}).orElseThrow().loop().orElseThrow();
    assertThat(kept.counters().batches()).isEqualTo(3);
  }

  @Test
  void oneIsDueAfterSoManyStepsOrSoMuchTime() {
    CheckpointFolder third = Checkpoints.in(folder).everySteps(3).open();
    for (int i = 1; i <= 2; i++) {
      assertThat(third.isDueAfterStep()).isFalse();
      assertThat(third.isDueAfterStep()).isFalse();
      assertThat(third.isDueAfterStep()).isTrue();
      third.save(numbered(i));
    }
    assertThat(Checkpoints.in(folder).every(Duration.ZERO).open().isDueAfterStep()).isTrue();
    assertThat(Checkpoints.in(folder).open().isDueAfterStep()).isFalse();
    assertThat(Checkpoints.none().open().isDueAfterStep()).isFalse();
  }
}
