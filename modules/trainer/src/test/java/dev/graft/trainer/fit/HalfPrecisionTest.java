package dev.graft.trainer.fit;

import static dev.graft.surgeon.edit.Edits.addHead;
import static dev.graft.surgeon.edit.Edits.cut;
import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.TrainingPlan;
import dev.graft.model.Variable;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.tensor.DType;
import dev.graft.tensor.Halves;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallData;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.loss.Objectives;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients go through float16 of a loss that is scaled, and into copies of float16 weights. */
@Tag("slow")
class HalfPrecisionTest {

  private static final Labels LABELS = Labels.of("a", "b");

  private static Model load(String zoo) {
    return SavedModelImporter.load(Zoo.model(zoo).savedModel())
        .with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(LABELS)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "keras2/mixed_float16_cnn",
        "keras2/mixed_float16_dense",
        "keras2_export/mixed_float16_cnn",
        "keras3/mixed_float16_cnn"
      })
  void itIsTrainedWithItsLossScaled(String zoo) {
    Model model = load(zoo);
    Parts parts = SmallData.of(model, LABELS, 120).split(Split.of(60, 40, 0));
    TrainingPlan blocks = Plans.gradual(model, 100);
    assertThat(HalfPrecision.belowHeads(model)).as("what 'graft check' tells").isPresent();
    assertThat(HalfPrecision.weightBelowHeads(model)).isEmpty();
    List<Step> steps = new ArrayList<>();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Recipe recipe = Recipe.full().each(each -> each.epochs(1).rate(1e-2));
      TrainOptions options =
          TrainOptions.by(recipe).listener(TrainingListener.to(Step.class, steps::add));
      Run run = Trainer.fit(runtime, model, blocks, parts, options);
      assertThat(run.decisions())
          .anyMatch(it -> it.startsWith("fine-tuning ") && it.contains("the loss is scaled"));
      assertThat(run.validation().accuracy()).isGreaterThan(0.7);
      Task task = Task.of(model, parts.train(), Objectives.usual());
      AutoRecipe.Choice auto = AutoRecipe.resolve(Recipe.auto(), task, blocks, parts.train());
      assertThat(auto.recipe().name()).as("as of any model").isEqualTo("head then top");
    }
    assertThat(steps)
        .isNotEmpty()
        .allMatch(step -> step.scaling().isPresent())
        .anyMatch(step -> !Double.isNaN(step.loss()));
    assertThat(steps.get(0).scaling()).contains(new Step.Scaling(32_768, 0));
  }

  /** What is published is float16 as it was: the copies are the training's. */
  @Test
  void weightsThatAreFloat16ThemselvesLearnByCopies() {
    Model saved = SavedModelImporter.load(Zoo.model("tfsave/float16_module").savedModel());
    String answer =
        saved.servingSignature().outputs().values().iterator().next().tensor().toString();
    Model model = saved.with(cut(answer), addHead(HeadSpec.singleLabel(LABELS)));
    assertThat(HalfPrecision.weightBelowHeads(model)).isPresent();
    List<Variable> halves =
        model.variables().stream().filter(v -> v.dtype() == DType.FLOAT16 && v.canTrain()).toList();
    assertThat(halves).isNotEmpty();
    List<String> names =
        model.variables().stream().filter(v -> v.canTrain()).map(v -> v.name()).toList();
    TrainingPlan blocks =
        new TrainingPlan(List.of(new TrainingPlan.Stretch("all", Set.copyOf(names))));
    Parts parts = halves(60).split(Split.of(60, 40, 0));
    List<Step> steps = new ArrayList<>();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Recipe recipe = Recipe.headOnly().then(FineTune.top().share(1).epochs(4).rate(1e-3));
      Run run =
          Trainer.fit(
              runtime,
              model,
              blocks,
              parts,
              TrainOptions.by(recipe).listener(TrainingListener.to(Step.class, steps::add)));
      assertThat(run.decisions()).anyMatch(it -> it.contains("the loss is scaled"));
      assertThat(run.model().variables()).extracting(Variable::name).doesNotHaveDuplicates();
      for (Variable half : halves) {
        Variable after = run.model().variable(half.name()).orElseThrow();
        assertThat(after.dtype()).isEqualTo(DType.FLOAT16);
      }
      assertThat(run.model().variables()).hasSameSizeAs(model.variables());
    }
    assertThat(steps).isNotEmpty().anyMatch(step -> !Double.isNaN(step.loss()));
  }

  private static Dataset halves(int count) {
    int[] labels = new int[count];
    float[] numbers = new float[4 * count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % 2;
      Arrays.fill(numbers, 4 * i, 4 * i + 4, labels[i] + i / 64f);
    }
    TensorValue x = Halves.of(TensorValue.of(Shape.of(count, 4), numbers));
    return Dataset.of(Map.of("x", x), Answers.oneOf(LABELS, labels));
  }

  @Test
  void bfloat16IsNotScaled() {
    Model model = load("keras3/mixed_bfloat16_cnn");
    assertThat(HalfPrecision.belowHeads(model)).isEmpty();
    Parts parts = SmallData.of(model, LABELS, 30).split(Split.of(60, 40, 0));
    List<Optional<Step.Scaling>> scalings = new ArrayList<>();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Recipe recipe = Recipe.full().each(each -> each.epochs(1));
      TrainingListener noting =
          TrainingListener.to(Step.class, step -> scalings.add(step.scaling()));
      Run run =
          Trainer.fit(
              runtime,
              model,
              Plans.gradual(model, 100),
              parts,
              TrainOptions.by(recipe).listener(noting));
      assertThat(run.decisions()).anyMatch(sentence -> sentence.startsWith("fine-tuning "));
    }
    assertThat(scalings).isNotEmpty().containsOnly(Optional.empty());
  }
}
