package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.graft.data.Dataset;
import dev.graft.error.FailedCheckException;
import dev.graft.runtime.Compute;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.RuntimeOptions.Device;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoint;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.checkpoint.LoopState;
import dev.graft.trainer.internal.features.Frontier;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.score.Evaluator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A training whose precision is left open measures, says what it takes, and learns as others do.
 */
class PrecisionTest {

  private static final TrainOptions OPTIONS = TrainOptions.by(SmallTraining.recipe(1));

  private static Run train(Precision precision, TrainOptions options) {
    RuntimeOptions machine =
        RuntimeOptions.defaults().device(Device.CPU).compute(Compute.EXACT.precision(precision));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(machine)) {
      return Trainer.fit(
          runtime, SmallTraining.MODEL, SmallTraining.BLOCKS, SmallTraining.parts(), options);
    }
  }

  @Test
  void autoSaysWhatItTakesAndTheTrialLeavesNothingBehind() {
    List<String> automatic = new ArrayList<>();
    List<String> exact = new ArrayList<>();
    double chosen =
        train(Precision.AUTO, OPTIONS.listener(SmallTraining.noting(automatic)))
            .validation()
            .loss();
    double wanted =
        train(Precision.FLOAT32, OPTIONS.listener(SmallTraining.noting(exact))).validation().loss();
    assertThat(automatic).anyMatch(sentence -> sentence.matches("(float32|bfloat16): .+"));
    assertThat(exact).noneMatch(sentence -> sentence.matches("(float32|bfloat16): .+"));
    boolean inFloat = automatic.stream().anyMatch(sentence -> sentence.startsWith("float32: "));
    double tolerance = inFloat ? 1e-3 : 5e-2;
    assertThat(Math.abs(chosen - wanted)).isLessThan(tolerance * wanted);
  }

  /** The head, and what is published, are for servers that know nothing of bfloat16. */
  @Test
  void onlyStepsAreTakenInBfloat16() {
    Run run = train(Precision.MIXED_BFLOAT16, OPTIONS);
    List<String> head = run.decisions().subList(0, 3);
    assertThat(train(Precision.FLOAT32, OPTIONS).decisions())
        .startsWith(head.toArray(new String[0]));
    assertThat(head.get(2)).startsWith("head alone: ");
    try (TensorFlowRuntime runtime =
        TensorFlowRuntime.open(RuntimeOptions.defaults().device(Device.CPU))) {
      Evaluation published =
          Evaluator.evaluate(runtime, run.model(), SmallTraining.parts().validation());
      assertThat(run.validation().loss()).isCloseTo(published.loss(), within(1e-6));
    }
  }

  /** The trial takes the same step, and leaves it to the loop to explain. */
  @Test
  void aStepWithoutANumberIsExplained() {
    Dataset all = SmallTraining.examples();
    TensorValue x = all.all().named().get("x");
    float[] pixels = x.floats();
    Arrays.fill(pixels, 192 * 4, 192 * 5, 3e38f); // numbers, but the sum of two is none
    Dataset train = all.withInputs(Map.of("x", RowTable.of(TensorValue.of(x.shape(), pixels))));
    FineTune settings = FineTune.top().share(1).batch(60).batchNorm(FineTune.BatchNorm.TRAINING);
    Task task = Task.of(SmallTraining.MODEL, train, Objectives.usual());
    Frontier frontier = Frontier.of(task.inputs());
    Recipe recipe = Recipe.headOnly().then(settings);
    Stage stage = Stages.of(task, SmallTraining.BLOCKS, frontier, task.goals(), recipe).get(0);
    RuntimeOptions machine =
        RuntimeOptions.defaults()
            .device(Device.CPU)
            .compute(Compute.EXACT.precision(Precision.AUTO));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(machine);
        TrainingLoop loop = Loops.open(runtime, SmallTraining.MODEL, stage, train, train)) {
      assertThatThrownBy(() -> loop.step(0.01))
          .isInstanceOf(FailedCheckException.class)
          .hasMessageContaining("step 1");
    }
  }

  /** A clock may find the other precision the second time. */
  @Test
  void aStretchGoesOnInThePrecisionThatItBeganWith(@TempDir Path folder) {
    CancellationToken token = new CancellationToken();
    TrainingListener cancelling = TrainingListener.to(Step.class, step -> token.cancel());
    TrainOptions keeping = OPTIONS.checkpoints(Checkpoints.in(folder));
    assertThatThrownBy(
            () -> train(Precision.AUTO, keeping.cancellation(token).listener(cancelling)))
        .isInstanceOf(CancellationException.class);
    Checkpoint last = Checkpoints.in(folder).open().newest(sentence -> {}).orElseThrow();
    LoopState loop = last.loop().orElseThrow();
    Precision other =
        loop.precision() == Precision.FLOAT32 ? Precision.MIXED_BFLOAT16 : Precision.FLOAT32;
    Checkpoints.in(folder).open().save(SmallTraining.changed(last, other, loop.values()));
    List<String> decisions = new ArrayList<>();
    train(Precision.AUTO, keeping.listener(SmallTraining.noting(decisions)));
    assertThat(decisions)
        .filteredOn(sentence -> sentence.matches("(float32|bfloat16): .+"))
        .first()
        .isEqualTo(
            other == Precision.FLOAT32
                ? "float32: as it was so far"
                : "bfloat16: as it was so far");
  }

  @Test
  void whatWasMeasuredIsKeptBeforeTheFirstStep(@TempDir Path folder) {
    List<Checkpoint> kept = new ArrayList<>();
    TrainingListener looking =
        TrainingListener.to(
            Step.class,
            step -> {
              if (kept.isEmpty()) {
                kept.add(Checkpoints.in(folder).open().newest(sentence -> {}).orElseThrow());
              }
            });
    train(Precision.AUTO, OPTIONS.checkpoints(Checkpoints.in(folder)).listener(looking));
    LoopState loop = kept.get(0).loop().orElseThrow();
    assertThat(loop.counters().batches()).isZero();
    assertThat(loop.precision()).isNotEqualTo(Precision.AUTO);
  }
}
