package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Split;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Kernels;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.RuntimeOptions.Device;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.Plans;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallData;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.optimizer.Optimizer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.NodeDef;

/** Whichever kernels compute a step, it learns the same. */
class KernelsTest {

  private static final Model MODEL = // with convolutions of one pixel
      Steps.network(Zoo.model("keras2/mobilenetv2_mini").savedModel());
  private static final FineTune SETTINGS = FineTune.top().share(1).epochs(1).batch(8);

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open(RuntimeOptions.defaults().device(Device.CPU));
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** The network with two groups in each convolution, as a filter has half of the channels. */
  private static Model grouped() {
    GraphEditor editor = MODEL.graph().edit();
    for (NodeDef node : MODEL.graph().nodes()) {
      if (node.getOp().equals("Conv2D")) {
        Scope g = new Scope(editor, editor.uniqueName(node.getName() + "/twice"));
        TensorRef x = Nodes.dataInput(node, 0);
        TensorRef twice = g.op("ConcatV2").inputs(List.of(x, x)).input(g.scalar(3)).output();
        editor.replace(node.toBuilder().setInput(0, twice.asInput()).build());
      }
    }
    return MODEL.toBuilder().graph(editor.build()).build();
  }

  @Test
  void aStepGivesTheSameWeights() {
    Steps steps = Steps.of(MODEL, SETTINGS.optimizer(Optimizer.sgd()));
    assertThat(steps.by(Kernels.GROUPED)).isSameAs(steps.by(Kernels.TENSORFLOW));
    assertThat(steps.by(Kernels.PRODUCTS)).isNotSameAs(steps.by(Kernels.TENSORFLOW));
    List<TensorValue> wanted = stepped(steps, Kernels.TENSORFLOW);
    List<TensorValue> found = stepped(steps, Kernels.PRODUCTS);
    steps.assertLearned(found, wanted, 1e-5);
  }

  @Test
  void soDoesOneOfConvolutionsWithGroups() {
    Steps steps = Steps.of(grouped(), SETTINGS.optimizer(Optimizer.sgd()));
    assertThat(Stream.of(Kernels.values()).map(steps::by).distinct()).hasSize(3);
    List<TensorValue> wanted = stepped(steps, Kernels.TENSORFLOW);
    steps.assertLearned(stepped(steps, Kernels.GROUPED), wanted, 1e-5);
    steps.assertLearned(stepped(steps, Kernels.PRODUCTS), wanted, 1e-5);
  }

  private static List<TensorValue> stepped(Steps steps, Kernels kernels) {
    try (ModelSession session = runtime.open(steps.by(kernels), Precision.FLOAT32)) {
      return steps.learned(runtime, session, 1, 0.1);
    }
  }

  @Test
  void autoSaysWhichItTakesAndWhy() {
    assertThat(decisions(MODEL))
        .anyMatch(
            sentence ->
                sentence.matches(
                    "(float32|bfloat16): .+; gradients of 1x1 convolutions .+ ms a step as products"
                        + " of matrices, .+ ms a step by TensorFlow's kernels\\)"));
    assertThat(decisions(grouped()))
        .anyMatch(
            sentence ->
                sentence.matches(
                    "(float32|bfloat16): .+; gradients of 1x1 and grouped convolutions .+ ms a step"
                        + " as products of matrices and for several groups at once, .+ ms a step"
                        + " for several groups at once, .+ ms a step by TensorFlow's kernels\\)"));
  }

  private static List<String> decisions(Model model) {
    Run run =
        Trainer.fit(
            new Computing(runtime, Precision.AUTO),
            model,
            Plans.gradual(model, 100),
            SmallData.of(model, Steps.LABELS, 30).split(Split.of(60, 40, 0)),
            TrainOptions.by(Recipe.full().each(each -> SETTINGS)));
    return run.decisions();
  }
}
