package dev.graft.trainer.internal.head;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Dataset;
import dev.graft.data.Split;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.InputSpec;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.TrainingPlan;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.fit.Trainer;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which heads are solved, and which learn step by step. */
class LinearHeadTest {

  @Test
  void theSolverNeedsABias() {
    LinearHead head =
        LinearHead.of(SmallTraining.MODEL, SmallTraining.MODEL.heads().get(0)).orElseThrow();
    assertThat(head.isSolvable()).isTrue();
    assertThat(new LinearHead(head.input(), head.kernel(), Optional.empty()).isSolvable())
        .isFalse();
  }

  @Test
  void aHeadInFloat64LearnsStepByStep() {
    Labels labels = Labels.of("negative", "positive");
    Model model =
        SavedModelImporter.load(Checkout.path("testdata/zoo/keras2/cnn_bn_f64/model"))
            .with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(labels)));
    InputSpec input = model.inputs().get(0);
    assertThat(input.dtype()).isEqualTo(DType.FLOAT64);
    int size = 60;
    Random random = new Random(1);
    int[] positive = IntStream.range(0, size).map(i -> i % 2).toArray();
    Shape shape = input.shape().dim(0, size);
    int width = (int) (shape.elements() / size);
    double[] x = new double[size * width];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextGaussian() + 3 * positive[i / width];
    }
    Dataset examples =
        Dataset.of(
            Map.of(input.name(), TensorValue.of(shape, x)),
            TensorValue.of(Shape.of(size), positive),
            labels);
    Recipe recipe = Recipe.headOnly();
    recipe = recipe.head(recipe.head().steps(FineTune.head().epochs(20).rate(0.05)));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Run run =
          Trainer.fit(
              runtime,
              model,
              new TrainingPlan(ImmutableList.of()),
              examples.split(Split.of(70, 30, 0)),
              TrainOptions.by(recipe));
      assertThat(run.decisions()).anyMatch(each -> each.startsWith("training head"));
      assertThat(run.validation().accuracy()).isGreaterThan(0.8);
    }
  }
}
