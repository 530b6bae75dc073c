package dev.graft;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadRequestException;
import dev.graft.model.InputSpec;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.runtime.Compute;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.TrainingListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a training multiplies in is said of the training. */
class TrainingPrecisionTest {

  /** The one that is asked to choose says what it chose; the others have nothing to say. */
  @Test
  void aTrainingMayHaveItsOwn() {
    Model model =
        Graft.load(Zoo.model("keras2/dense_mlp").savedModel())
            .with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel("a", "b").hidden(4)));
    InputSpec input = model.inputs().get(0);
    int width = (int) input.shape().dim(-1);
    int[] labels = IntStream.range(0, 20).map(i -> i % 2).toArray();
    float[] x = new float[20 * width];
    IntStream.range(0, x.length).forEach(i -> x[i] = i % 97);
    Parts parts =
        Dataset.of(
                Map.of(input.name(), TensorValue.of(Shape.of(20, width), x)),
                Answers.oneOf(Labels.of("a", "b"), labels))
            .split(Split.of(60, 20, 20));
    FineTune steps = FineTune.head().epochs(1);
    TrainOptions options =
        TrainOptions.by(Recipe.headOnly().head(Recipe.HeadSettings.defaults().steps(steps)));
    try (Graft graft = Graft.open(Device.CPU)) {
      assertThat(graft.train(model, parts, options, Precision.AUTO).decisions())
          .anyMatch(said -> said.contains("float32: ") || said.contains("bfloat16: "));
      assertThat(graft.train(model, parts, options).decisions())
          .noneMatch(said -> said.contains("float32: ") || said.contains("bfloat16: "));
      List<String> said = new ArrayList<>();
      TrainOptions heard =
          options.listener(TrainingListener.to(Decision.class, it -> said.add(it.sentence())));
      graft.findRate(model, parts, heard);
      assertThat(said).noneMatch(it -> it.contains("float32: ") || it.contains("bfloat16: "));
      graft.findRate(model, parts, heard, Precision.AUTO);
      assertThat(said).anyMatch(it -> it.contains("float32: ") || it.contains("bfloat16: "));
    }
  }

  @Test
  void whatIsForGpusIsRefusedOnACpu() {
    for (Precision each : List.of(Precision.FLOAT16, Precision.TF32)) {
      assertThatThrownBy(() -> each.inSteps(false))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("TensorFlow has none here");
    }
    assertThat(Precision.FLOAT16.inSteps(true)).isEqualTo(Compute.Precision.FLOAT16);
    assertThat(Precision.TF32.inSteps(true)).isEqualTo(Compute.Precision.TF32);
  }

  /** By one of both: by TensorFlow's optimiser on a CPU, in the step's own graph on a GPU. */
  @Test
  void bfloat16IsPutInOnce() {
    assertThat(Precision.BFLOAT16.inSteps(false).inGraph()).isEmpty();
    assertThat(Precision.BFLOAT16.inSteps(true).inGraph()).contains(DType.BFLOAT16);
    assertThat(Precision.BFLOAT16.inSteps(true)).isNotEqualTo(Compute.Precision.MIXED_BFLOAT16);
  }
}
