package dev.graft;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.BadRequestException;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.loss.Objective;
import dev.graft.trainer.loss.Objectives;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A model is scored by what it was trained for. */
class EvaluateTest {

  @Test
  void byTheObjectivesOrTheRecipeThatItWasTrainedWith() {
    Model model =
        Graft.load(Zoo.model("keras2/dense_mlp").savedModel())
            .with(freeze(Where.all()), replaceHead(HeadSpec.embedding(3).named("vector")));
    int width = (int) model.inputs().get(0).shape().dim(-1);
    Random random = new Random(1);
    float[] x = new float[40 * width];
    float[] wanted = new float[40 * 3];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] = x[i / 3 * width + i % 3];
    }
    Dataset data =
        Dataset.of(
            Map.of(model.inputs().get(0).name(), TensorValue.of(Shape.of(40, width), x)),
            TensorValue.of(Shape.of(40, 3), wanted));
    Objectives cosine = Objectives.usual().with("vector", Objective.cosine());
    Recipe recipe = Recipe.headOnly().objectives(cosine);
    try (Graft graft = Graft.open(Device.CPU)) {
      Run run = graft.train(model, new Parts(data, data, data), recipe);
      assertThat(graft.evaluate(run.model(), data, TrainOptions.by(recipe)).loss())
          .isCloseTo(run.validation().loss(), within(1e-6));
      assertThat(graft.evaluate(run.model(), data, TrainOptions.by(run.recipe())).loss())
          .isCloseTo(run.validation().loss(), within(1e-6));
      assertThatThrownBy(() -> graft.evaluate(run.model(), data))
          .isInstanceOf(BadRequestException.class);
    }
  }
}
