package dev.graft.trainer.fit;

import static dev.graft.surgeon.edit.Edits.describeInput;
import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.surgeon.edit.Edits.uint8Input;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Dataset;
import dev.graft.data.Split;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.InputSpec;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.optimizer.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Layers that augment do so wherever they stand, once all that comes after them trains. */
class AugmentationTest {

  private static final Dataset PHOTOS = Dataset.imageFolder(Checkout.path("testdata/photos"));

  private static Model load(String name) {
    return SavedModelImporter.load(Zoo.model(name).savedModel());
  }

  private static Model pictures() {
    return load("keras2/image_augmentation")
        .with(describeInput(0, 1, InputSpec.Channels.RGB, InputSpec.Resize.STRETCH));
  }

  /** The loss of each step on the same examples with the same weights, to what is not rounding. */
  private static List<Double> losses(Model model, Dataset data) {
    Model ready = model.with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(data.labels())));
    FineTune still =
        FineTune.top()
            .share(1)
            .rate(1e-30)
            .schedule(Schedule.constant())
            .batch(1000)
            .epochs(3)
            .stop(EarlyStop.never());
    List<Double> losses = new ArrayList<>();
    TrainingListener watcher =
        TrainingListener.to(Step.class, step -> losses.add(Math.rint(1e5 * step.loss()) / 1e5));
    Recipe recipe = Recipe.headThenTop().then(still);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Trainer.fit(
          runtime,
          ready,
          Plans.gradual(ready, 100),
          data.split(Split.of(60, 20, 20)),
          TrainOptions.by(recipe).listener(watcher));
    }
    return losses;
  }

  @Test
  void theFirstLayerAugmentsPictures() {
    assertThat(losses(pictures(), PHOTOS)).hasSize(3).doesNotHaveDuplicates();
  }

  @Test
  void theFirstLayerAugmentsWhatAnAdaptedInputMakesOfBytes() {
    assertThat(losses(pictures().with(uint8Input()), PHOTOS)).hasSize(3).doesNotHaveDuplicates();
  }

  @Test
  void aNestedModelAugmentsOfWhichTheGraphHoldsNothing() {
    Random random = new Random(2);
    float[] values = new float[2 * 60];
    int[] targets = new int[60];
    for (int i = 0; i < 60; i++) {
      targets[i] = i % 2;
      values[2 * i] = (float) random.nextGaussian() + targets[i];
      values[2 * i + 1] = (float) random.nextGaussian();
    }
    Dataset table =
        Dataset.of(
            Map.of("x", TensorValue.of(Shape.of(60, 2), values)),
            TensorValue.of(Shape.of(60), targets),
            Labels.of("low", "high"));
    assertThat(losses(load("keras2/nested_noise"), table)).hasSize(3).doesNotHaveDuplicates();
  }
}
