package dev.graft.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.protobuf.ByteString;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadRequestException;
import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.FaultyFileSystem;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.fit.Trainer;
import dev.graft.trainer.listener.Callback;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.Step;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Training that is stopped and begun again ends as if it had never stopped. */
class CheckpointsTest {

  private static final Parts PARTS = SmallTraining.parts();
  private static final Recipe RECIPE = SmallTraining.recipe(2);

  private static TensorFlowRuntime runtime;
  private static String uninterrupted;

  @TempDir private Path folder;

  @BeforeAll
  static void trainOnceWithoutInterruption() {
    runtime = TensorFlowRuntime.open();
    uninterrupted = SmallTraining.digest(train(RECIPE, PARTS).model());
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static Run train(Recipe recipe, Parts parts, Callback... callbacks) {
    return Trainer.fit(
        runtime, SmallTraining.MODEL, SmallTraining.BLOCKS, parts, recipe, callbacks);
  }

  private Checkpoints everyStep() {
    return Checkpoints.in(folder).everySteps(1);
  }

  /** Ends training before its n-th step of fine-tuning, from 1. */
  private static Callback endBefore(int step) {
    return new Callback() {
      private int steps;

      @Override
      public void onProgress(Progress progress) {
        steps += progress.phase() == Progress.Phase.FINE_TUNE ? 1 : 0;
      }

      @Override
      public void beforeStep() {
        if (steps == step - 1 && step > 1) {
          throw new CancellationException("enough");
        }
      }
    };
  }

  private void trainUntil(int step) {
    assertThatThrownBy(() -> train(RECIPE, PARTS, everyStep(), endBefore(step)))
        .isInstanceOf(CancellationException.class);
  }

  /** Scoring a large validation part may take as long as many steps. */
  @Test
  void whatIsDueIsWrittenBeforeAnEpochIsScored() {
    List<Long> beforeScore = new ArrayList<>();
    Callback watcher =
        new Callback() {
          private long done;

          @Override
          public void onStep(Step step) {
            done = step.number();
          }

          @Override
          public void beforeStep() {
            if (done == 3 && beforeScore.isEmpty()) { // the epoch's steps are over
              Checkpoint last = Checkpoints.in(folder).newest(sentence -> {}).orElseThrow();
              beforeScore.add(last.loop().orElseThrow().counters().batches());
            }
          }
        };
    train(SmallTraining.recipe(1), PARTS, watcher, everyStep());
    assertThat(beforeScore).containsExactly(3L);
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
    Callback watcher =
        new Callback() {
          @Override
          public void onProgress(Progress progress) {
            phases.add(progress.phase());
          }
        };
    Run again = train(RECIPE, PARTS, Checkpoints.in(folder), watcher);
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

  private Path newest() {
    for (int i = 100; i > 0; i--) {
      Path checkpoint = folder.resolve(Integer.toString(i));
      if (Files.exists(checkpoint)) {
        return checkpoint;
      }
    }
    throw new AssertionError("no checkpoint in " + folder);
  }

  private static void damage(Path checkpoint) throws IOException {
    Path data = checkpoint.resolve("training.data-00000-of-00001");
    try (FileChannel out = FileChannel.open(data, StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.wrap(new byte[] {77, 78, 79}), out.size() / 2);
    }
  }

  @Test
  void anotherRunsCheckpointIsRefused() {
    trainUntil(2);
    assertThatThrownBy(() -> train(RECIPE.seed(4), PARTS, everyStep()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll(folder.toString(), "another recipe or seed", "begin a new run");
    Parts other = SmallTraining.examples().split(Split.of(60, 20, 20).seed(1));
    assertThatThrownBy(() -> train(RECIPE, other, everyStep()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("another training or validation examples");
  }

  @Test
  void anOptimizerStateOfAnotherShapeIsRefused() {
    trainUntil(3);
    Checkpoint last = everyStep().newest(sentence -> {}).orElseThrow();
    LoopState loop = last.loop().orElseThrow();
    String slot =
        loop.values().keySet().stream().filter(name -> name.endsWith("/v")).findFirst().get();
    ImmutableMap<String, TensorValue> values =
        ImmutableMap.<String, TensorValue>builder()
            .putAll(loop.values())
            .put(slot, TensorValue.of(Shape.of(1), new float[1]))
            .buildKeepingLast();
    everyStep().save(SmallTraining.changed(last, loop.precision(), values));
    assertThatThrownBy(() -> train(RECIPE, PARTS, everyStep()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll(slot, "resume with the model and the optimizer");
  }

  @Test
  void anotherNumberOfThreadsWarns() {
    RunIdentity two = new RunIdentity("model", "data", "recipe", "2 and 2 threads, device CPU");
    RunIdentity three = new RunIdentity("model", "data", "recipe", "3 and 2 threads, device CPU");
    assertThat(two.check(two, "here")).isEmpty();
    assertThat(three.check(two, "here").orElseThrow())
        .startsWith("so far the run had 2 and 2 threads and goes on with 3 and 2 threads: ")
        .contains("may differ in the last digits");
  }

  /** Versions of one base, published after one another, began with the same SavedModel. */
  @Test
  void anotherVersionIsAnotherRun() {
    RunIdentity first = ofVersion("1", "abc");
    RunIdentity second = ofVersion("2", "def");
    assertThat(first.check(ofVersion("elsewhere", "abc"), "here")).isEmpty();
    assertThatThrownBy(() -> second.check(first, "here"))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("another model");
  }

  private static RunIdentity ofVersion(String folder, String digest) {
    Model model =
        SmallTraining.MODEL.toBuilder()
            .source(new Model.Source(Path.of("serving", folder), digest))
            .build();
    return RunIdentity.of(runtime, model, PARTS, RECIPE, List.of());
  }

  private static Checkpoint numbered(int number) {
    return new Checkpoint(
        new RunIdentity("model", "data", "recipe", "machine"),
        number,
        -1,
        ImmutableList.of("a decision"),
        ImmutableMap.of("w", TensorValue.of(Shape.of(2), new float[] {number, 1})),
        Optional.empty());
  }

  private static int newestIn(Path folder) {
    return Checkpoints.in(folder)
        .newest(sentence -> assertThat(sentence).as("no sentence").isEmpty())
        .orElseThrow()
        .stage();
  }

  /** Each is saved when the one before is there, with every file operation failing in turn. */
  @ParameterizedTest
  @EnumSource
  void whicheverFileOperationFailsTheLastCheckpointIsWhole(FaultyFileSystem.Fault fault) {
    Checkpoints.in(folder).save(numbered(1));
    Checkpoints.in(folder).save(numbered(2));
    FaultyFileSystem counting = new FaultyFileSystem(0, fault);
    Checkpoints.in(counting.wrap(folder)).save(numbered(3));
    assertThat(counting.operations()).isGreaterThan(15);
    int last = 3;
    int refused = 0;
    for (int i = 1; i <= counting.operations(); i++) {
      int next = last + 1;
      try {
        Checkpoints.in(new FaultyFileSystem(i, fault).wrap(folder)).save(numbered(next));
      } catch (BadRequestException e) {
        assertThat(e).hasMessageContainingAll("injected", "are untouched", "Make room");
        refused++;
      }
      int now = newestIn(folder);
      assertThat(now).as("after operation %d failed", i).isBetween(last, next);
      last = now;
    }
    assertThat(refused).isGreaterThan(counting.operations() / 2);
    Checkpoints.in(folder).save(numbered(last + 1));
    assertThat(newestIn(folder)).isEqualTo(last + 1);
  }

  @ParameterizedTest
  @EnumSource(names = {"FOR_GOOD", "FULL"})
  void aFullDiskStopsTheRunAndItGoesOnLater(FaultyFileSystem.Fault fault) {
    FaultyFileSystem full = new FaultyFileSystem(60, fault);
    Checkpoints failing = Checkpoints.in(full.wrap(folder)).everySteps(1);
    assertThatThrownBy(() -> train(RECIPE, PARTS, failing))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("training was stopped");
    Run resumed = train(RECIPE, PARTS, everyStep());
    assertThat(resumed.decisions()).anyMatch(sentence -> sentence.startsWith("goes on from"));
    assertThat(SmallTraining.digest(resumed.model())).isEqualTo(uninterrupted);
  }

  @Test
  void whatIsCancelledKeepsItsLastStep() {
    Checkpoints rare = Checkpoints.in(folder).every(Duration.ofDays(1));
    assertThatThrownBy(() -> train(RECIPE, PARTS, rare, endBefore(4)))
        .isInstanceOf(CancellationException.class);
    LoopState kept = rare.newest(s -> {}).orElseThrow().loop().orElseThrow();
    assertThat(kept.counters().batches()).isEqualTo(3);
  }

  @Test
  void oneIsDueAfterSoManyStepsOrSoMuchTime() {
    Checkpoints third = Checkpoints.in(folder).everySteps(3);
    for (int i = 1; i <= 2; i++) {
      assertThat(third.isDueAfterStep()).isFalse();
      assertThat(third.isDueAfterStep()).isFalse();
      assertThat(third.isDueAfterStep()).isTrue();
      third.save(numbered(i));
    }
    assertThat(Checkpoints.in(folder).every(Duration.ZERO).isDueAfterStep()).isTrue();
    assertThat(Checkpoints.in(folder).isDueAfterStep()).isFalse();
    assertThat(Checkpoints.none().isDueAfterStep()).isFalse();
  }

  @Test
  void settingsThatMakeNoSenseAreRefused() {
    for (Runnable wrong :
        Map.<String, Runnable>of(
                "keep", () -> Checkpoints.in(folder).keep(0),
                "steps", () -> Checkpoints.in(folder).everySteps(0),
                "time", () -> Checkpoints.in(folder).every(Duration.ofSeconds(-1)))
            .values()) {
      assertThatThrownBy(wrong::run).isInstanceOf(BadRequestException.class);
    }
  }

  @Test
  void batchNormMovesItsStatisticsOnlyWhereItTrains() {
    assertThat(changedAfterAStep(FineTune.BatchNorm.INFERENCE)).noneMatch(CheckpointsTest::moves);
    assertThat(changedAfterAStep(FineTune.BatchNorm.TRAINING)).anyMatch(CheckpointsTest::moves);
  }

  private static boolean moves(String variable) {
    return variable.contains("moving_");
  }

  private List<String> changedAfterAStep(FineTune.BatchNorm batchNorm) {
    Recipe all = RECIPE.then(RECIPE.fineTunes().get(0).share(1).batchNorm(batchNorm));
    Path own = folder.resolve(batchNorm.name());
    assertThatThrownBy(() -> train(all, PARTS, Checkpoints.in(own).everySteps(1), endBefore(2)))
        .isInstanceOf(CancellationException.class);
    LoopState loop = Checkpoints.in(own).newest(s -> {}).orElseThrow().loop().orElseThrow();
    return loop.values().keySet().stream()
        .filter(name -> SmallTraining.MODEL.variable(name).isPresent())
        .filter(
            name ->
                !loop.values()
                    .get(name)
                    .bytes()
                    .equals(
                        new VariableValues()
                            .of(SmallTraining.MODEL.variable(name).orElseThrow())
                            .bytes()))
        .toList();
  }

  @Test
  void aBatchOfOneIsRefusedWhereBatchNormTrains() {
    FineTune training = FineTune.top().share(1).batch(7).batchNorm(FineTune.BatchNorm.TRAINING);
    assertThat(PARTS.train().size() % 7).isEqualTo(1);
    assertThatThrownBy(() -> train(RECIPE.then(training), PARTS))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("36 training examples in batches of 7", "BatchNorm");
  }

  @Test
  void damagedOnesGoBeforeWholeOnes() throws IOException {
    Checkpoints.in(folder).save(numbered(1));
    Checkpoints.in(folder).save(numbered(2));
    damage(folder.resolve("2"));
    Checkpoints resumed = Checkpoints.in(folder).keep(2);
    assertThat(resumed.newest(sentence -> {}).orElseThrow().stage()).isEqualTo(1);
    resumed.save(numbered(3));
    assertThat(names()).containsExactlyInAnyOrder("1", "3");
    resumed.save(numbered(4));
    assertThat(names()).containsExactlyInAnyOrder("3", "4");
  }

  private List<String> names() throws IOException {
    try (Stream<Path> left = Files.list(folder)) {
      return left.map(path -> path.getFileName().toString()).toList();
    }
  }

  @Test
  void otherInputsInMemoryAreOtherExamples() {
    float[] pixels = SmallTraining.examples().all().inputs().get("x").floats();
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = -pixels[i];
    }
    Dataset negated =
        Dataset.of(
            Map.of("x", TensorValue.of(Shape.of(60, 8, 8, 3), pixels)),
            SmallTraining.examples().answers());
    Parts other = negated.split(Split.of(60, 20, 20));
    RunIdentity saved = identity(PARTS);
    assertThat(identity(SmallTraining.parts()).check(saved, "here")).isEmpty();
    assertThatThrownBy(() -> identity(other).check(saved, "here"))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("another training or validation examples");
  }

  /** A map of Java's comes in another order in another process. */
  @Test
  void theOrderOfInputsAndAnswersMakesNoOtherExamples() {
    TensorValue words =
        TensorValue.strings(
            Shape.of(2), List.of(ByteString.copyFromUtf8("a"), ByteString.copyFromUtf8("b")));
    TensorValue numbers = TensorValue.of(Shape.of(2), new float[] {1, 2});
    Answers first = Answers.numbers(numbers);
    Answers second = Answers.numbers(TensorValue.of(Shape.of(2), new float[] {3, 4}));
    Dataset one =
        Dataset.of(
            ImmutableMap.of("w", words, "n", numbers), ImmutableMap.of("p", first, "q", second));
    Dataset turned =
        Dataset.of(
            ImmutableMap.of("n", numbers, "w", words), ImmutableMap.of("q", second, "p", first));
    TensorValue joined =
        TensorValue.strings(Shape.of(2), List.of(ByteString.copyFromUtf8("ab"), ByteString.EMPTY));
    Dataset other =
        Dataset.of(
            ImmutableMap.of("w", joined, "n", numbers), ImmutableMap.of("p", first, "q", second));
    assertThat(identity(new Parts(turned, turned, turned)).data())
        .isEqualTo(identity(new Parts(one, one, one)).data())
        .isNotEqualTo(identity(new Parts(other, other, other)).data());
  }

  private static RunIdentity identity(Parts parts) {
    return RunIdentity.of(runtime, SmallTraining.MODEL, parts, RECIPE, List.of());
  }
}
