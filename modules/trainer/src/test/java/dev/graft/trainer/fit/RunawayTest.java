package dev.graft.trainer.fit;

import static dev.graft.trainer.SmallTraining.BLOCKS;
import static dev.graft.trainer.SmallTraining.HIDDEN;
import static dev.graft.trainer.SmallTraining.MODEL;
import static dev.graft.trainer.SmallTraining.PLAIN;
import static dev.graft.trainer.SmallTraining.digest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import dev.graft.data.Parts;
import dev.graft.error.FailedCheckException;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoint;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.checkpoint.LoopState;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Epoch;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.optimizer.Optimizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stretch that goes wrong costs nothing of what was learned before. */
class RunawayTest {

  private static final Parts PARTS = SmallTraining.parts();
  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static Run fit(Model model, Recipe recipe) {
    return fit(model, TrainOptions.by(recipe.seed(3)));
  }

  private static Run fit(Model model, TrainOptions options) {
    return Trainer.fit(runtime, model, BLOCKS, PARTS, options);
  }

  private static Recipe then(FineTune... stretches) {
    return SmallTraining.recipe(1).then(stretches);
  }

  @Test
  void whatWasTrainedBeforeComesOut() {
    Run head = fit(MODEL, then());
    Run run = fit(MODEL, then(PLAIN.rate(1e30).epochs(9)));
    assertThat(digest(run.model())).isEqualTo(digest(head.model()));
    assertThat(run.validation()).isEqualTo(head.validation());
    assertThat(run.decisions())
        .anySatisfy(
            sentence ->
                assertThat(sentence)
                    .contains(": ended early, since the loss is not finite at step")
                    .contains("begins with", "layer '", "Lower the rate", "clip the gradients"))
        .anyMatch(sentence -> sentence.contains(": not kept, no epoch of it"));
  }

  @Test
  void withNothingTrainedBeforeItFails() {
    Variable kernel =
        HIDDEN.trainableVariables().stream()
            .filter(variable -> variable.shape().rank() == 2)
            .findFirst()
            .orElseThrow();
    Model spoiled = HIDDEN.withValues(Map.of(kernel.name(), huge(kernel.shape())));
    assertThatThrownBy(() -> fit(spoiled, headBySteps(PLAIN)))
        .isInstanceOf(FailedCheckException.class)
        .hasMessageContaining("not finite at step");
  }

  /** The checkpoint is changed as if the second epoch had spoiled the weights. */
  @Test
  void itsBestEpochCountsIfThereWasOne(@TempDir Path folder) {
    List<Epoch> epochs = new ArrayList<>();
    CancellationToken token = new CancellationToken();
    TrainingListener stopping =
        TrainingListener.to(
            Epoch.class,
            epoch -> {
              epochs.add(epoch);
              token.cancel();
            });
    Recipe recipe = headBySteps(PLAIN.optimizer(Optimizer.adam()).epochs(3)).seed(3);
    TrainOptions options = TrainOptions.by(recipe).checkpoints(Checkpoints.in(folder));
    assertThatThrownBy(() -> fit(HIDDEN, options.listener(stopping).cancellation(token)))
        .isInstanceOf(CancellationException.class);
    assertThat(epochs.get(0).isBest()).as("there is a best epoch").isTrue();
    Checkpoint last = Checkpoints.in(folder).open().newest(sentence -> {}).orElseThrow();
    LoopState loop = last.loop().orElseThrow();
    ImmutableMap.Builder<String, TensorValue> spoiled = ImmutableMap.builder();
    for (Map.Entry<String, TensorValue> value : loop.values().entrySet()) {
      spoiled.put(
          value.getKey(),
          value.getValue().shape().rank() == 2 ? huge(value.getValue().shape()) : value.getValue());
    }
    Checkpoints.in(folder)
        .open()
        .save(SmallTraining.changed(last, loop.form().precision(), spoiled.buildOrThrow()));
    Run run = fit(HIDDEN, options);
    assertThat(run.decisions()).anyMatch(sentence -> sentence.contains(": ended early, since"));
    assertThat(run.decisions().get(run.decisions().size() - 1)).contains(": kept, ");
  }

  private static TensorValue huge(Shape shape) {
    float[] values = new float[(int) shape.elements()];
    Arrays.fill(values, 3e38f);
    return TensorValue.of(shape, values);
  }

  /** Else the head that is drawn at random would be published. */
  @Test
  void aHeadThatAnswersAsManyRightWithASmallerLossIsBetterThanARandomOne() {
    Run run = fit(HIDDEN, headBySteps(PLAIN.rate(1e-6).epochs(1)));
    assertThat(run.decisions().get(run.decisions().size() - 1)).contains(": kept, ");
    assertThat(digest(run.model())).isNotEqualTo(digest(HIDDEN));
  }

  private static Recipe headBySteps(FineTune steps) {
    return then().head(then().head().steps(steps));
  }

  /** The first step spoils the weights, and there is no second one that would stop it. */
  @Test
  void epochsWithoutANumberAreSaidToBeSo() {
    Run run = fit(MODEL, then(PLAIN.rate(3e38).batch(100).epochs(1)));
    assertThat(run.decisions().get(run.decisions().size() - 1))
        .endsWith("not kept, on validation the loss of its epochs is no number; lower the rate");
  }
}
