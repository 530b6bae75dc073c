package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.graph.Attrs;
import dev.graft.graph.TensorRef;
import dev.graft.graph.device.Placement;
import dev.graft.model.Labels;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.SavedFunction;
import dev.graft.model.Variable;
import dev.graft.runtime.ShapeInference;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.internal.graph.GpuLayers;
import dev.graft.trainer.internal.step.StepExtras;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.optimizer.Optimizer;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * The step of an LSTM as a GPU would take it, by cuDNN's kernel: that it is put together, that
 * TensorFlow takes the graph and every weight gets a gradient. Nothing of it can run here.
 */
@Tag("slow")
class GpuLayersTest {

  private static final Labels LABELS = Labels.of("a", "b");

  private static Model model() {
    return AsSaved.model("keras2/lstm", LABELS);
  }

  private static Stage stage(Task task) {
    return AsSaved.stage(task, FineTune.top().optimizer(Optimizer.adam()));
  }

  private static Task task(Model model) {
    TensorValue x = TensorValue.of(Shape.of(4, 5, 3), new float[60]);
    Dataset data =
        Dataset.of(
            Map.of(model.inputs().get(0).name(), x), Answers.oneOf(LABELS, new int[] {0, 1, 0, 1}));
    return Task.of(model, data, Objectives.usual());
  }

  private static Set<String> ops(TrainingGraph graph) {
    Set<String> roots = new LinkedHashSet<>(graph.step().updates());
    roots.add(graph.step().loss().node());
    return graph.model().graph().upstream(roots).stream()
        .map(node -> graph.model().graph().node(node).getOp())
        .collect(Collectors.toSet());
  }

  @Test
  void everyWeightGetsAGradientThroughCudnnsKernel() {
    Task task = task(model());
    Stage plain = stage(task);
    Stage onGpu = TrainingSession.onGpu(plain, task);
    assertThat(GpuLayers.count(onGpu.layers())).isEqualTo(1);
    assertThat(GpuLayers.count(plain.layers())).isZero();
    TrainingGraph graph = TrainingGraph.of(task, onGpu, StepExtras.NONE);
    assertThat(ops(graph))
        .contains("CudnnRNN", "CudnnRNNBackprop")
        .doesNotContain("While", "StatelessWhile");
    assertThat(ops(TrainingGraph.of(task, plain, StepExtras.NONE)))
        .contains("StatelessWhile")
        .doesNotContain("CudnnRNN");
    assertThat(graph.step().gradients().keySet())
        .containsExactlyInAnyOrderElementsOf(
            task.model().trainableVariables().stream().map(Variable::name).toList());
    // TensorFlow takes the graph and infers its shapes; a session would ask for the kernels
    ShapeInference shapes = ShapeInference.of(graph.model().graph());
    assertThat(shapes.shape(graph.step().loss())).isEqualTo(Shape.scalar());
  }

  /** By TensorFlow's list of what gains; its kernels for bfloat16 end the process. */
  @Test
  void cudnnsKernelComputesInFloat16ButNotInBfloat16() {
    Task task = task(model());
    Stage onGpu = TrainingSession.onGpu(stage(task), task);
    for (DType low : List.of(DType.FLOAT16, DType.BFLOAT16)) {
      TrainingGraph graph = TrainingGraph.of(task, onGpu, StepExtras.NONE, Optional.of(low));
      DataType wanted = low == DType.FLOAT16 ? low.proto() : DataType.DT_FLOAT;
      Set<String> step = graph.model().graph().upstream(graph.steps());
      assertThat(step)
          .map(graph.model().graph()::node)
          .filteredOn(node -> node.getOp().startsWith("CudnnRNN"))
          .hasSize(2)
          .allMatch(node -> node.getAttrOrThrow("T").getType() == wanted);
      assertThat(graph.step().gradients().keySet())
          .containsExactlyInAnyOrderElementsOf(
              task.model().trainableVariables().stream().map(Variable::name).toList());
      ShapeInference shapes = ShapeInference.of(graph.model().graph());
      assertThat(shapes.shape(graph.step().loss())).isEqualTo(Shape.scalar());
    }
  }

  /** As a layer under Keras' mixed_bfloat16 is saved. */
  @Test
  void aFormInBfloat16IsLeftAlone() {
    Model model = model();
    Set<String> all =
        model.graph().nodes().stream().map(NodeDef::getName).collect(Collectors.toSet());
    assertThat(GpuLayers.of(model, List.of(), all)).hasSize(1);
    List<Layer> layers =
        model.layers().stream()
            .map(layer -> layer.toBuilder().onGpu(layer.onGpu().map(GpuLayersTest::low)).build())
            .toList();
    Model low = model.toBuilder().layers(layers).build();
    assertThat(GpuLayers.of(low, List.of(), all)).isEmpty();
  }

  private static SavedFunction low(SavedFunction form) {
    Map<String, FunctionDef> low = new HashMap<>(form.definitions());
    low.replaceAll(
        (name, function) -> {
          FunctionDef.Builder changed = function.toBuilder();
          changed.getNodeDefBuilderList().stream()
              .filter(node -> node.getOp().startsWith("CudnnRNN"))
              .forEach(node -> node.putAttr("T", Attrs.of(DataType.DT_BFLOAT16)));
          return changed.build();
        });
    return SavedFunction.lazy(form::body, form.captures(), () -> low);
  }

  @Test
  void allOfItRunsOnTheGpu() {
    Model model = model();
    Placement placement = PlacedStep.of(model, model.servingSignature(), Optimizer.adam());
    assertThat(placement.onCpu()).isEmpty();
    assertThat(placement.variables()).isEmpty();
  }

  /** Where a step is fed what lies within the layer, it stays as it is. */
  @Test
  void aLayerThatIsFedWithinItHasNoPlaceForIt() {
    Model model = model();
    assertThat(GpuLayers.of(model, List.of(), Set.of())).isEmpty();
    Set<String> outputsAlone =
        model
            .allLayers()
            .flatMap(layer -> layer.outputs().stream())
            .map(TensorRef::node)
            .collect(Collectors.toSet());
    model
        .allLayers()
        .filter(layer -> layer.onGpu().isPresent())
        .flatMap(layer -> layer.inputs().stream())
        .forEach(input -> outputsAlone.remove(input.node()));
    assertThat(GpuLayers.of(model, List.of(), outputsAlone)).isEmpty();
  }
}
