package dev.graft.trainer.fit;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.surgeon.edit.Edits.unfreeze;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadRequestException;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.TrainingPlan;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallData;
import dev.graft.trainer.TrainOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Through float16 no gradient goes as long as nothing keeps it from being lost. */
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
  void onlyAHeadIsTrainedOnIt(String zoo) {
    Model model = load(zoo);
    Parts parts = SmallData.of(model, LABELS, 120).split(Split.of(60, 40, 0));
    TrainingPlan blocks = Plans.gradual(model, 100);
    assertThat(HalfPrecision.belowHeads(model)).as("what 'graft check' tells").isPresent();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      assertThatThrownBy(
              () -> Trainer.fit(runtime, model, blocks, parts, TrainOptions.by(Recipe.full())))
          .isInstanceOf(BadRequestException.class)
          .asString()
          .contains("float16", "Recipe.headOnly()", "'float32'", "mixed_bfloat16");
      Model open = model.with(unfreeze(Where.all()));
      assertThatThrownBy(
              () -> Trainer.fit(runtime, open, blocks, parts, TrainOptions.by(Recipe.auto())))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("float16");
      Run run = Trainer.fit(runtime, model, blocks, parts, TrainOptions.by(Recipe.auto()));
      assertThat(run.recipe().name()).isEqualTo("head");
      assertThat(run.decisions().get(0)).contains("recipe 'head', since", "float16");
      assertThat(run.validation().accuracy()).isGreaterThan(0.7);
    }
  }

  @Test
  void bfloat16IsNone() {
    Model model = load("keras3/mixed_bfloat16_cnn");
    assertThat(HalfPrecision.belowHeads(model)).isEmpty();
    Parts parts = SmallData.of(model, LABELS, 30).split(Split.of(60, 40, 0));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Recipe recipe = Recipe.full().each(each -> each.epochs(1));
      Run run =
          Trainer.fit(runtime, model, Plans.gradual(model, 100), parts, TrainOptions.by(recipe));
      assertThat(run.decisions()).anyMatch(sentence -> sentence.startsWith("fine-tuning "));
    }
  }
}
