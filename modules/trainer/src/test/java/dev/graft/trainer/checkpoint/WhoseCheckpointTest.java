package dev.graft.trainer.checkpoint;

import static dev.graft.surgeon.edit.Edits.describeInput;
import static dev.graft.surgeon.edit.Edits.replaceHead;
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
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.fit.Trainer;
import dev.graft.trainer.internal.task.HeadGoal;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Goal;
import dev.graft.trainer.loss.Objective;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.loss.Penalty;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** Which checkpoint belongs to which run, and which are kept. */
class WhoseCheckpointTest extends CheckpointsFixture {
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

  /** Part of what was learned would be of the old ones, and the rest of the new ones. */
  @Test
  void picturesThatChangedUnderTheirNamesAreRefused(@TempDir Path photos) throws IOException {
    Dataset all = Dataset.imageFolder(Checkout.path("testdata/photos"));
    for (int i = 0; i < 15; i++) {
      Path label = photos.resolve(SmallTraining.LABELS.names().get(i % 3));
      Files.copy(Path.of(all.name(i)), Files.createDirectories(label).resolve(i + ".jpg"));
    }
    fitPhotos(photos);
    assertThat(fitPhotos(photos).decisions()).anyMatch(each -> each.startsWith("goes on from"));
    Path changed = Path.of(parts(photos).validation().name(0));
    Files.write(changed, new byte[] {0}, StandardOpenOption.APPEND); // it looks as before
    assertThatThrownBy(() -> fitPhotos(photos))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll(folder.toString(), "under the same names", "Begin a new run");
  }

  private static Parts parts(Path photos) {
    return Dataset.imageFolder(photos).inOrderOf(SmallTraining.LABELS).split(Split.of(60, 20, 20));
  }

  private Run fitPhotos(Path photos) {
    Model model =
        SmallTraining.MODEL.with(
            describeInput(0, 255, InputSpec.Channels.RGB, InputSpec.Resize.STRETCH));
    return Trainer.fit(
        runtime,
        model,
        SmallTraining.BLOCKS,
        parts(photos),
        TrainOptions.by(SmallTraining.recipe(1)).checkpoints(everyStep()));
  }

  /** Those of before knew nothing of what is in pictures. */
  @Test
  void checkpointsOfBeforeGoOn() {
    RunIdentity now = new RunIdentity("model", "data", "recipe", "machine", () -> "digest");
    RunIdentity before = new RunIdentity("model", "data", "recipe", "machine");
    assertThat(now.check(before, "here")).isEmpty();
    assertThat(now.check(now, "here")).isEmpty();
  }

  /** What stands in the checkpoints of before, and what a goal says of itself. */
  @Test
  void objectivesAreKnownAgain() {
    assertThat(Objectives.usual())
        .hasToString("Objectives[byHead={}, weights={}, penalty=" + Penalty.none() + ", goals=[]]");
    Head head = SmallTraining.MODEL.heads().get(0);
    Goal goal = new HeadGoal(head, "", DataType.DT_INT32, Objective.of(head.kind()), 2);
    assertThat(Objectives.usual().with(goal).toString())
        .endsWith("goals=[" + head.name() + ": " + Objective.of(head.kind()) + " x 2.0]]");
  }

  @Test
  void anOptimizerStateOfAnotherShapeIsRefused() {
    trainUntil(3);
    Checkpoint last = everyStep().open().newest(sentence -> {}).orElseThrow();
    LoopState loop = last.loop().orElseThrow();
    String slot =
        loop.values().keySet().stream().filter(name -> name.endsWith("/v")).findFirst().get();
    ImmutableMap<String, TensorValue> values =
        ImmutableMap.<String, TensorValue>builder()
            .putAll(loop.values())
            .put(slot, TensorValue.of(Shape.of(1), new float[1]))
            .buildKeepingLast();
    everyStep().open().save(SmallTraining.changed(last, loop.form().precision(), values));
    assertThatThrownBy(() -> train(RECIPE, PARTS, everyStep()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll(slot, "resume with the model and the optimizer");
  }

  /** What is padding and what is not belongs to the answers. */
  @Test
  void otherCountsAreOtherData() {
    assertThat(padded(1, 2)).isEqualTo(padded(1, 2)).isNotEqualTo(padded(2, 1));
  }

  private static String padded(int... counts) {
    TensorValue rows = TensorValue.of(Shape.of(2, 2, 1), new float[4]);
    Dataset data = Dataset.of(Map.of("x", rows), Map.of("boxes", Answers.padded(rows, counts)));
    Parts parts = new Parts(data, data, data);
    return identity(parts).data();
  }

  @Test
  void paddingIsNothingToLearn() {
    Dataset examples = SmallTraining.examples();
    int[] counts = new int[examples.size()];
    TensorValue rows = TensorValue.of(Shape.of(counts.length, 3, 2), new float[6 * counts.length]);
    Model model = SmallTraining.MODEL.with(replaceHead(HeadSpec.regression(6)));
    String head = model.heads().get(0).name();
    Dataset data = Dataset.of(examples.all().named(), Map.of(head, Answers.padded(rows, counts)));
    assertThatThrownBy(() -> Task.of(model, data, Objectives.usual()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll(head, "padding");
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

  /** The weights are float32 whichever it is, so that going on is sound. */
  @Test
  void anotherPrecisionWarnsOfMoreThanTheLastDigits() {
    RunIdentity half = new RunIdentity("model", "data", "recipe", "device CPU, precision AUTO");
    RunIdentity whole = new RunIdentity("model", "data", "recipe", "device CPU, precision FLOAT32");
    assertThat(whole.check(half, "here").orElseThrow())
        .startsWith("so far the run had precision AUTO and goes on with precision FLOAT32: ")
        .contains("not in the last digits alone")
        .doesNotContain("may differ");
  }

  /** What was asked for may be AUTO on both. */
  @Test
  void anotherDeviceWarns() {
    assertThat(identity(PARTS).machine()).contains("device CPU, ").doesNotContain("AUTO");
    RunIdentity slow = new RunIdentity("model", "data", "recipe", "device CPU, precision FLOAT32");
    RunIdentity fast = new RunIdentity("model", "data", "recipe", "device GPU, precision FLOAT32");
    assertThat(fast.check(slow, "here").orElseThrow())
        .startsWith("so far the run had device CPU and goes on with device GPU: ")
        .contains("may differ in the last digits");
    RunIdentity open = new RunIdentity("model", "data", "recipe", "device CPU, precision AUTO");
    RunIdentity moved = new RunIdentity("model", "data", "recipe", "device GPU, precision AUTO");
    assertThat(moved.check(open, "here").orElseThrow())
        .as("it is found anew there")
        .contains("not in the last digits alone");
  }

  /** They computed on the CPU, whatever was asked for. */
  @Test
  void checkpointsOfBeforeAskedForADevice() {
    Checkpoints.in(folder)
        .open()
        .save(
            new Checkpoint(
                new RunIdentity("model", "data", "recipe", "device AUTO, precision FLOAT32"),
                0,
                -1,
                ImmutableList.of(),
                ImmutableMap.of(),
                Optional.empty()));
    Checkpoint read = everyStep().open().newest(sentence -> {}).orElseThrow();
    assertThat(read.identity().machine()).isEqualTo("device CPU, precision FLOAT32");
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

  @Test
  void aBatchOfOneIsRefusedWhereBatchNormTrains() {
    FineTune training = FineTune.top().share(1).batch(7).batchNorm(FineTune.BatchNorm.TRAINING);
    assertThat(PARTS.train().size() % 7).isEqualTo(1);
    assertThatThrownBy(() -> train(TrainOptions.by(RECIPE.then(training)), PARTS))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("36 training examples in batches of 7", "BatchNorm");
  }

  @Test
  void damagedOnesGoBeforeWholeOnes() throws IOException {
    Checkpoints.in(folder).open().save(numbered(1));
    Checkpoints.in(folder).open().save(numbered(2));
    damage(folder.resolve("2"));
    CheckpointFolder resumed = Checkpoints.in(folder).keep(2).open();
    assertThat(resumed.newest(sentence -> {}).orElseThrow().stage()).isEqualTo(1);
    resumed.save(numbered(3));
    assertThat(names()).containsExactlyInAnyOrder("1", "3");
    resumed.save(numbered(4));
    assertThat(names()).containsExactlyInAnyOrder("3", "4");
  }

  @Test
  void otherInputsInMemoryAreOtherExamples() {
    float[] pixels = SmallTraining.examples().all().named().get("x").floats();
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
}
