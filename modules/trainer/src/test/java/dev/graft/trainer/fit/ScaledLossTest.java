package dev.graft.trainer.fit;

import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.trainer.SmallTraining.PLAIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.FailedCheckException;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.SmallData;
import dev.graft.trainer.checkpoint.Checkpoint;
import dev.graft.trainer.checkpoint.CheckpointFolder;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.checkpoint.Counters;
import dev.graft.trainer.checkpoint.LoopState;
import dev.graft.trainer.checkpoint.LossScale;
import dev.graft.trainer.checkpoint.RunIdentity;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.step.StepExtras;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Objectives;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps whose gradients pass through float16: overflow, skip, growth, and going on. */
@Tag("slow")
class ScaledLossTest {

  private static final Labels LABELS = Labels.of("a", "b");
  private static final Model MODEL =
      SavedModelImporter.load(Zoo.model("keras2/mixed_float16_cnn").savedModel())
          .with(replaceHead(HeadSpec.singleLabel(LABELS)));
  private static final Parts PARTS = SmallData.of(MODEL, LABELS, 60).split(Split.of(60, 40, 0));
  private static final FineTune SETTINGS = PLAIN.batchNorm(FineTune.BatchNorm.TRAINING).rate(0.01);

  /** Far beyond 65,504, the largest number of float16. */
  private static final LossScale LARGE = new LossScale(0x1p30, 5, 0);

  private static TensorFlowRuntime runtime;

  @TempDir private Path folder = Path.of("");

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static TrainingLoop loop(
      FineTune settings, StepExtras extras, Optional<LoopState> soFar) {
    Task task = Task.of(MODEL, PARTS.train(), Objectives.usual());
    Stage stage =
        Stretches.first(task, Plans.gradual(MODEL, 100), Recipe.headOnly().then(settings));
    assertThat(stage.scaled()).isTrue();
    assertThat(stage.behaviour()).contains("float16", "the loss is scaled");
    CachedFeatures.Part data = new CachedFeatures.Part(PARTS.train(), PARTS.validation());
    return TrainingLoop.open(runtime, LoopSetup.of(task, stage, data).with(extras), soFar);
  }

  /** A loop that stands at its beginning, but for the scale. */
  private static TrainingLoop loop(FineTune settings, StepExtras extras, LossScale scale) {
    try (TrainingLoop fresh = loop(settings, extras, Optional.empty())) {
      return loop(settings, extras, Optional.of(KerasLossScaleTest.with(fresh, scale)));
    }
  }

  private static TrainingLoop loop(LossScale scale) {
    return loop(SETTINGS, StepExtras.NONE, scale);
  }

  private static LossScale scale(TrainingLoop loop) {
    return loop.state().scale().orElseThrow();
  }

  /** Moving statistics among it, which a whole batch does not move either. */
  @Test
  void aStepThatOverflowsChangesNothingAndHalvesTheScale() {
    try (TrainingLoop loop = loop(LARGE)) {
      Map<String, List<Double>> before = StepExtrasTest.numbers(loop);
      assertThat(before.keySet()).anyMatch(name -> name.endsWith("moving_mean"));
      assertThat(loop.step(0.01)).isNaN();
      assertThat(StepExtrasTest.numbers(loop)).isEqualTo(before);
      assertThat(scale(loop)).isEqualTo(new LossScale(0x1p29, 0, 1));
      assertThat(loop.state().counters()).isEqualTo(new Counters(1, 0, 0, 1));
      assertThat(loop.skipped().orElseThrow()).startsWith("1 of 1 steps changed nothing");
      int steps = 1;
      while (Double.isNaN(loop.step(0.01))) {
        steps++;
        assertThat(StepExtrasTest.numbers(loop)).isEqualTo(before);
      }
      assertThat(scale(loop)).isEqualTo(new LossScale(Math.scalb(1, 30 - steps), 1, steps));
      assertThat(StepExtrasTest.numbers(loop)).isNotEqualTo(before);
      assertThat(StepExtrasTest.numbers(loop).get("conv2d/kernel"))
          .isNotEqualTo(before.get("conv2d/kernel"));
    }
  }

  @Test
  void itGrows() {
    try (TrainingLoop loop = loop(new LossScale(256, 1_998, 3))) {
      loop.step(0.01);
      assertThat(scale(loop)).isEqualTo(new LossScale(256, 1_999, 3));
      loop.step(0.01);
      assertThat(scale(loop)).isEqualTo(new LossScale(512, 0, 3));
    }
  }

  /** What was added up before is forgotten, so that the next step is as if nothing had been. */
  @Test
  void inMicroBatchesToo() {
    FineTune settings = PLAIN.microBatch(5); // three runs
    try (TrainingLoop loop = loop(settings, StepExtras.NONE, LARGE)) {
      Map<String, List<Double>> before = StepExtrasTest.numbers(loop);
      int skipped = 0;
      while (Double.isNaN(loop.step(0.01))) {
        skipped++;
        assertThat(StepExtrasTest.numbers(loop)).isEqualTo(before);
      }
      assertThat(scale(loop).skipped()).isEqualTo(skipped).isPositive();
      assertThat(loop.state().counters())
          .isEqualTo(new Counters(skipped + 1, 1, 1, 3L * (skipped + 1)));
      try (TrainingLoop other = loop(settings, StepExtras.NONE, scale(loop))) {
        for (int i = 0; i < skipped; i++) {
          other.step(0); // sees the same batches and learns nothing of them
        }
        other.step(0.01);
        assertThat(StepExtrasTest.numbers(other)).isEqualTo(StepExtrasTest.numbers(loop));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 15}) // while it overflows, and when it does not any more
  void whatGoesOnEndsAsIfItHadNeverStopped(int stopAfter) {
    LossScale start = new LossScale(0x1p24, 0, 0);
    Map<String, List<Double>> whole;
    LossScale last;
    try (TrainingLoop loop = loop(start)) {
      for (int i = 0; i < 20; i++) {
        loop.step(0.01);
      }
      whole = StepExtrasTest.numbers(loop);
      last = scale(loop);
    }
    LoopState state;
    try (TrainingLoop loop = loop(start)) {
      for (int i = 0; i < stopAfter; i++) {
        loop.step(0.01);
      }
      state = loop.state();
    }
    LoopState read = writtenAndRead(state);
    assertThat(read.scale()).isEqualTo(state.scale());
    try (TrainingLoop loop = loop(SETTINGS, StepExtras.NONE, Optional.of(read))) {
      for (int i = stopAfter; i < 20; i++) {
        loop.step(0.01);
      }
      assertThat(StepExtrasTest.numbers(loop)).isEqualTo(whole);
      assertThat(scale(loop)).isEqualTo(last);
      assertThat(last.skipped()).isPositive();
    }
  }

  private LoopState writtenAndRead(LoopState state) {
    CheckpointFolder checkpoints = Checkpoints.in(folder).open();
    checkpoints.save(
        new Checkpoint(
            new RunIdentity("model", "data", "recipe", "machine"),
            0,
            -1,
            ImmutableList.of(),
            ImmutableMap.of(),
            Optional.of(state)));
    return checkpoints.newest(said -> {}).flatMap(Checkpoint::loop).orElseThrow();
  }

  @Test
  void whereNoScaleHelpsItEnds() {
    StepExtras extras =
        new StepExtras(StepExtrasTest::guarded, UnaryOperator.identity(), UnaryOperator.identity());
    try (TrainingLoop loop = loop(SETTINGS, extras, new LossScale(2, 0, 14))) {
      assertThat(loop.step(Double.POSITIVE_INFINITY)).isNaN();
      assertThatThrownBy(() -> loop.step(Double.POSITIVE_INFINITY))
          .isInstanceOf(FailedCheckException.class)
          .hasMessageContainingAll("not finite in float16", "16 steps", "'float32'");
    }
  }
}
