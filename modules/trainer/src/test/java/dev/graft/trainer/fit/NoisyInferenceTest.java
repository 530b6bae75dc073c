package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;

/**
 * Models that draw random numbers in inference, too, as Keras' {@code Dropout()(x, training=True)}.
 */
class NoisyInferenceTest {

  /** With noise behind the first convolution, far below what trains. */
  private static Model noisy() {
    Model model = SmallTraining.MODEL;
    GraphEditor editor = model.graph().edit();
    TensorRef stem =
        model.graph().topological().stream()
            .filter(node -> node.getOp().equals("Relu6"))
            .map(node -> TensorRef.of(node.getName()))
            .findFirst()
            .orElseThrow();
    Scope g = new Scope(editor, "noise");
    TensorRef drawn =
        g.op("RandomStandardNormal")
            .input(g.add("Shape", stem))
            .attr("dtype", DataType.DT_FLOAT)
            .output();
    TensorRef sum = g.add("AddV2", stem, drawn);
    editor.redirect(stem, sum, node -> !node.getName().startsWith("noise"));
    return model.toBuilder().graph(editor.build()).build();
  }

  @Test
  void theyTrainAboveTheNoiseAndTwiceTheSame() {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Run first = train(runtime);
      Run second = train(runtime);
      assertThat(first.decisions()).anyMatch(sentence -> sentence.contains("fine-tuning"));
      assertThat(second.decisions()).isEqualTo(first.decisions());
      assertThat(SmallTraining.digest(second.model()))
          .isEqualTo(SmallTraining.digest(first.model()));
    }
  }

  private static Run train(TensorFlowRuntime runtime) {
    return Trainer.fit(
        runtime,
        noisy(),
        SmallTraining.BLOCKS,
        SmallTraining.parts(),
        TrainOptions.by(SmallTraining.recipe(1)));
  }
}
