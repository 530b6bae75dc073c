package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.graft.data.Dataset;
import dev.graft.error.FailedCheckException;
import dev.graft.model.Variable;
import dev.graft.runtime.Compute.Compiled;
import dev.graft.runtime.Compute.Kernels;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.Compute.StepForm;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.RuntimeOptions.Device;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.runtime.internal.natives.TensorFloat32;
import dev.graft.tensor.DType;
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
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.Decision.Kind;
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
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A training whose precision is left open measures, says what it takes, and learns as others do.
 */
class PrecisionTest {

  private static final TrainOptions OPTIONS = TrainOptions.by(SmallTraining.recipe(1));

  private static TensorFlowRuntime cpu() {
    return TensorFlowRuntime.open(RuntimeOptions.defaults().device(Device.CPU));
  }

  private static Run train(Precision precision, TrainOptions options) {
    try (TensorFlowRuntime runtime = cpu()) {
      return Trainer.fit(
          new Computing(runtime, precision),
          SmallTraining.MODEL,
          SmallTraining.BLOCKS,
          SmallTraining.parts(),
          options);
    }
  }

  /** Trains up to the first step. */
  private static void stopAtOnce(Precision precision, TrainOptions keeping) {
    CancellationToken token = new CancellationToken();
    TrainingListener cancelling = TrainingListener.to(Step.class, step -> token.cancel());
    assertThatThrownBy(() -> train(precision, keeping.cancellation(token).listener(cancelling)))
        .isInstanceOf(CancellationException.class);
  }

  /** The head was solved as in float32, and what is published scores as the run says. */
  private static void assertScoredExactly(Run run) {
    assertThat(train(Precision.FLOAT32, OPTIONS).decisions())
        .startsWith(run.decisions().subList(0, 3).toArray(new String[0]));
    assertScoreIsExact(run);
  }

  /** What is published scores as the run says, whatever it learned from. */
  private static void assertScoreIsExact(Run run) {
    try (TensorFlowRuntime runtime = cpu()) {
      Evaluation published =
          Evaluator.evaluate(runtime, run.model(), SmallTraining.parts().validation());
      assertThat(run.validation().loss()).isCloseTo(published.loss(), within(1e-6));
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

  /** On a CPU the switch is seen, and changes nothing that is computed. */
  @Test
  void whetherItIsKeptIsScoredWithoutTf32() {
    List<Boolean> scored = new ArrayList<>();
    List<Boolean> stepped = new ArrayList<>();
    try (TensorFlowRuntime runtime = cpu()) {
      TensorFloat32.off();
      TrainingListener scores =
          TrainingListener.to(
              Decision.class,
              decision -> {
                if (decision.kind() == Kind.KEPT || decision.kind() == Kind.NOT_KEPT) {
                  scored.add(TensorFloat32.isOn());
                }
              });
      TrainingListener steps =
          TrainingListener.to(Step.class, step -> stepped.add(TensorFloat32.isOn()));
      Trainer.fit(
          new Computing(runtime, Precision.TF32),
          SmallTraining.MODEL,
          SmallTraining.BLOCKS,
          SmallTraining.parts(),
          OPTIONS.listener(scores).listener(steps));
    }
    assertThat(stepped).isNotEmpty().containsOnly(true);
    assertThat(scored).isNotEmpty().containsOnly(false);
  }

  /** What is published is for servers that know nothing of bfloat16. */
  @Test
  void featuresAndStepsAreInBfloat16() {
    Run run = train(Precision.MIXED_BFLOAT16, OPTIONS);
    assertThat(run.decisions())
        .anyMatch(sentence -> sentence.startsWith("features in "))
        .anyMatch(sentence -> sentence.startsWith("head alone: "));
    assertScoreIsExact(run);
  }

  /**
   * As on a GPU, where the step's own graph has the dtype: it says what of it, and scores exactly
   * between its steps, too, by the form of the graph that was there before.
   */
  @Test
  void aStepOfItsOwnSaysWhatOfItHasFewerDigits() {
    List<String> said = new ArrayList<>();
    Run run = train(Precision.BFLOAT16, OPTIONS.listener(SmallTraining.noting(said)));
    assertThat(said)
        .anyMatch(
            sentence ->
                sentence.matches(
                    "bfloat16: \\d+ products and convolutions and \\d+ ops that follow them;"
                        + " weights, statistics and losses in float32"));
    assertThat(run.model().variables())
        .filteredOn(Variable::trainable)
        .allMatch(variable -> variable.dtype() == DType.FLOAT32);
    assertScoreIsExact(run);
  }

  /** Gradients are taken of a multiple of the loss then, which is seen step by step. */
  @Test
  void inFloat16TheLossIsScaled() {
    List<Step> steps = new ArrayList<>();
    List<String> said = new ArrayList<>();
    Run run =
        train(
            Precision.FLOAT16,
            OPTIONS
                .listener(TrainingListener.to(Step.class, steps::add))
                .listener(SmallTraining.noting(said)));
    assertScoredExactly(run);
    assertThat(said)
        .anyMatch(it -> it.startsWith("float16: ") && it.endsWith("the loss is scaled"));
    assertThat(steps).isNotEmpty().allMatch(step -> step.scaling().isPresent());
  }

  /** One that began in float32 has no factor to go on with, and one in float16 leaves its own. */
  @Test
  void aRunGoesOnInAnotherPrecisionThanItBeganIn(@TempDir Path folder) {
    for (Precision next : List.of(Precision.FLOAT16, Precision.FLOAT32)) {
      Precision first = next == Precision.FLOAT16 ? Precision.FLOAT32 : Precision.FLOAT16;
      TrainOptions keeping = OPTIONS.checkpoints(Checkpoints.in(folder.resolve(next.name())));
      stopAtOnce(first, keeping);
      List<Step> steps = new ArrayList<>();
      train(next, keeping.listener(TrainingListener.to(Step.class, steps::add)));
      assertThat(steps)
          .isNotEmpty()
          .allMatch(step -> step.scaling().isPresent() == (next == Precision.FLOAT16));
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
    Stage stage = Stretches.first(task, SmallTraining.BLOCKS, Recipe.headOnly().then(settings));
    LoopSetup setup =
        LoopSetup.of(task, stage, new CachedFeatures.Part(train, train)).in(Precision.AUTO);
    try (TensorFlowRuntime runtime = cpu();
        TrainingLoop loop = TrainingLoop.open(runtime, setup, Optional.empty())) {
      assertThatThrownBy(() -> loop.step(0.01))
          .isInstanceOf(FailedCheckException.class)
          .hasMessageContaining("step 1");
    }
  }

  /** What is right for a GPU is not for the CPU: the precision, the kernels, and XLA. */
  @Test
  void whatWasFoundForAnotherDeviceIsPassedOver(@TempDir Path folder) {
    TrainOptions keeping = OPTIONS.checkpoints(Checkpoints.in(folder));
    stopAtOnce(Precision.AUTO, keeping);
    Checkpoint last = Checkpoints.in(folder).open().newest(sentence -> {}).orElseThrow();
    StepForm onGpu = new StepForm(Precision.TF32, Kernels.TENSORFLOW, Compiled.ALL, true);
    Checkpoint moved = SmallTraining.changed(last, onGpu, last.loop().orElseThrow().values());
    Checkpoints.in(folder).open().save(moved);
    Checkpoint read = Checkpoints.in(folder).open().newest(sentence -> {}).orElseThrow();
    assertThat(read.loop().orElseThrow().form()).isEqualTo(onGpu);
    List<String> decisions = new ArrayList<>();
    train(Precision.AUTO, keeping.listener(SmallTraining.noting(decisions)));
    assertThat(decisions)
        .filteredOn(sentence -> sentence.matches("(float32|bfloat16|tf32): .+"))
        .first()
        .asString()
        .doesNotStartWith("tf32")
        .endsWith("; so far tf32 on a GPU");
  }

  /** A clock may find the other precision the second time. */
  @Test
  void aStretchGoesOnInThePrecisionThatItBeganWith(@TempDir Path folder) {
    TrainOptions keeping = OPTIONS.checkpoints(Checkpoints.in(folder));
    stopAtOnce(Precision.AUTO, keeping);
    Checkpoint last = Checkpoints.in(folder).open().newest(sentence -> {}).orElseThrow();
    LoopState loop = last.loop().orElseThrow();
    Precision other =
        loop.form().precision() == Precision.FLOAT32 ? Precision.MIXED_BFLOAT16 : Precision.FLOAT32;
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
    assertThat(loop.form().precision()).isNotEqualTo(Precision.AUTO);
  }
}
