package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Golden;
import dev.graft.trainer.checkpoint.LoopState;
import dev.graft.trainer.checkpoint.LossScale;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Objectives;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Steps beside Keras' LossScaleOptimizer: tools/parity/loss_scale.py says what is in the file. */
class KerasLossScaleTest {

  private static final double RATE = 0.05;
  private static final int GOOD = 16; // when 1,998 steps are said to have gone well
  private static final Labels LABELS = Labels.of("a", "b");
  private static final Golden KERAS = Golden.read(Checkout.path("testdata/parity/loss_scale.pb"));

  private static LoopSetup setup() {
    Model model = AsSaved.model("keras2/mixed_float16_cnn", LABELS);
    TensorValue x = KERAS.value("x");
    Dataset data =
        Dataset.of(
            Map.of(model.inputs().get(0).name(), x),
            Answers.oneOf(LABELS, KERAS.value("labels").ints()));
    Task task = Task.of(model, data, Objectives.usual());
    Stage plain = AsSaved.stage(task, AsSaved.momentum(RATE, data.size()));
    assertThat(HalfPrecision.below(task, plain.training())).isPresent();
    Stage stage = plain.scaled(true);
    return LoopSetup.of(task, stage, new CachedFeatures.Part(data, data));
  }

  static LoopState with(TrainingLoop loop, LossScale scale) {
    LoopState state = loop.state();
    return new LoopState(
        state.form(),
        state.batch(),
        state.counters(),
        Optional.of(scale),
        state.lossSum(),
        state.lossCount(),
        state.validationLosses(),
        0,
        0,
        0,
        loop.session().weights(),
        state.values());
  }

  @Test
  void scaleSkipsAndWeightsAreKeras() {
    double[] scales = KERAS.value("scale").asDoubles();
    double[] good = KERAS.value("good").asDoubles();
    double[] losses = KERAS.value("loss").asDoubles();
    LoopSetup setup = setup();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      TrainingLoop loop = TrainingLoop.open(runtime, setup, Optional.empty());
      loop = reopened(runtime, setup, loop, new LossScale(scales[0], 0, 0));
      int skipped = 0;
      for (int step = 0; step < losses.length; step++) {
        if (step == GOOD) {
          loop = reopened(runtime, setup, loop, new LossScale(scales[step], 1_998, skipped));
        }
        assertThat(loop.state().scale())
            .as("before step %d", step)
            .contains(new LossScale(scales[step], (int) good[step], skipped));
        double loss = loop.step(RATE);
        boolean isSkipped = scales[step + 1] < scales[step];
        skipped += isSkipped ? 1 : 0;
        if (isSkipped) {
          assertThat(loss).isNaN();
        } else {
          assertThat(loss).isCloseTo(losses[step], within(2e-3));
        }
        assertWeights(loop, step);
      }
      assertThat(skipped).as("Keras overflows, too").isGreaterThan(3);
      assertThat(loop.state().scale().orElseThrow().value())
          .isEqualTo(scales[losses.length])
          .isGreaterThan(0);
      loop.close();
    }
  }

  private static TrainingLoop reopened(
      TensorFlowRuntime runtime, LoopSetup setup, TrainingLoop loop, LossScale scale) {
    LoopState state = with(loop, scale);
    loop.close();
    return TrainingLoop.open(runtime, setup, Optional.of(state));
  }

  /** float16 has 11 bits, and the order of a sum differs. */
  private static void assertWeights(TrainingLoop loop, int step) {
    Map<String, TensorValue> values = loop.state().values();
    KERAS
        .under(step + "/")
        .forEach(
            (name, value) -> {
              double[] wanted = value.asDoubles();
              double[] given = values.get(name).asDoubles();
              for (int i = 0; i < wanted.length; i++) {
                assertThat(given[i])
                    .as("%s[%d] after step %d", name, i, step)
                    .isCloseTo(wanted[i], within(5e-4));
              }
            });
  }
}
