package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.device.Placement;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.RuntimeOptions.Device;
import dev.graft.runtime.ShapeInference;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.internal.graph.GpuLayers;
import dev.graft.trainer.internal.graph.TrainingForm;
import dev.graft.trainer.optimizer.Optimizer;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/**
 * GRUs, and layers with a mask, as a GPU would compute them. cuDNN takes sequences that are padded
 * at their end; what Keras saves asks for that first, and runs the loop otherwise. The kernel
 * itself is on no CPU: all around it is run here.
 */
@Tag("slow")
class GpuTwinsTest {

  private static final String THEN = "then_branch";
  private static final String ELSE = "else_branch";

  private static TensorFlowRuntime runtime;

  @TempDir private Path folder = Path.of("");

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open(RuntimeOptions.defaults().device(Device.CPU));
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** What a model computes, and the same with its recurrent layers in their form for GPUs. */
  private record Twin(Model model, TensorRef fed, TensorRef plain, Graph graph, TensorRef onGpu) {

    static Twin of(Model model) {
      TensorRef fed = only(model.servingSignature().inputs().values());
      TensorRef answer = only(model.servingSignature().outputs().values());
      Set<String> known = new HashSet<>(model.graph().upstream(List.of(answer.node())));
      TrainingForm form =
          TrainingForm.of(
              model,
              model.graph(),
              List.of(fed),
              GpuLayers.of(model, List.of(), known),
              List.of(answer),
              false);
      return new Twin(model, fed, answer, form.graph(), form.of(answer));
    }

    private static TensorRef only(Collection<TensorSpec> specs) {
      return specs.iterator().next().tensor();
    }

    /** The nodes that its answer takes, of one op. */
    List<NodeDef> nodes(String op) {
      return graph.upstream(List.of(onGpu.node())).stream()
          .map(graph::node)
          .filter(node -> node.getOp().equals(op))
          .toList();
    }

    /** The ops of what a node calls. */
    Set<String> called(NodeDef node, String attr) {
      return graph
          .functions()
          .get(node.getAttrOrThrow(attr).getFunc().getName())
          .getNodeDefList()
          .stream()
          .map(NodeDef::getOp)
          .collect(Collectors.toSet());
    }

    /** One that takes the loop for every mask, so that a CPU can run it. */
    Graph byLoops() {
      GraphEditor editor = graph.edit();
      for (NodeDef choice : nodes("If")) {
        AttrValue loop = choice.getAttrOrThrow(ELSE);
        editor.replace(choice.toBuilder().putAttr(THEN, loop).build());
      }
      return editor.build();
    }
  }

  private Twin twin(String name) {
    return Twin.of(SavedModelImporter.load(Zoo.unpacked(name, folder)));
  }

  private static TensorValue ids(int... ids) {
    return TensorValue.of(Shape.of(2, ids.length / 2), ids);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gru", "lstm_masked", "bigru_tagger"})
  void everyWeightGetsAGradient(String name) {
    Twin twin = twin(name);
    GraphEditor editor = twin.graph().edit();
    Scope g = new Scope(editor, "test");
    TensorRef flat = g.add("Reshape", twin.onGpu(), g.ints(-1));
    TensorRef loss = g.add("Mean", g.add("Square", flat), g.ints(0));
    List<TensorRef> weights =
        twin.model().trainableVariables().stream().map(Variable::handle).toList();
    GradientGraph found =
        Differentiator.gradients(editor.build(), List.of(loss), List.of(), weights);
    assertThat(found.gradients().keySet()).containsExactlyInAnyOrderElementsOf(weights);
    // TensorFlow takes the graph and infers its shapes; a session would ask for the kernels
    ShapeInference shapes = ShapeInference.of(found.graph());
    assertThat(shapes.shape(loss)).isEqualTo(Shape.scalar());
    Set<String> ops =
        found.graph().functions().values().stream()
            .flatMap(function -> function.getNodeDefList().stream())
            .map(NodeDef::getOp)
            .collect(Collectors.toSet());
    found.graph().nodes().forEach(node -> ops.add(node.getOp()));
    boolean isMasked = !name.equals("gru");
    assertThat(ops).contains(isMasked ? "CudnnRNNBackpropV3" : "CudnnRNNBackprop");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gru", "lstm_masked", "bigru_tagger"})
  void allOfItRunsOnTheGpu(String name) {
    Model model = twin(name).model();
    Placement placement = PlacedStep.of(model, model.servingSignature(), Optimizer.adam());
    assertThat(placement.onCpu()).isEmpty();
    assertThat(placement.variables()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"lstm_masked, 1", "bigru_tagger, 2"})
  void cudnnIsTakenForWhatIsPaddedAtItsEndAlone(String name, int layers) {
    Twin twin = twin(name);
    List<NodeDef> choices = twin.nodes("If");
    assertThat(choices).hasSize(layers);
    assertThat(twin.nodes("CudnnRNN")).isEmpty();
    assertThat(twin.nodes("CudnnRNNV3")).isEmpty();
    for (NodeDef choice : choices) {
      assertThat(twin.called(choice, THEN)).contains("CudnnRNNV3");
      assertThat(twin.called(choice, ELSE))
          .contains("StatelessWhile")
          .doesNotContain("CudnnRNN", "CudnnRNNV3");
      TensorRef condition = TensorRef.parse(choice.getInput(0));
      Graph asked = twin.graph().keepUpstreamOf(List.of(condition.node()));
      try (GraphSession session = runtime.session(asked, false)) {
        assertThat(asked(session, twin, condition, ids(3, 7, 1, 4, 2, 9))).as("whole").isTrue();
        assertThat(asked(session, twin, condition, ids(3, 7, 1, 4, 2, 0)))
            .as("at its end")
            .isTrue();
        assertThat(asked(session, twin, condition, ids(3, 7, 1, 0, 2, 9)))
            .as("before it")
            .isFalse();
        assertThat(asked(session, twin, condition, ids(3, 7, 1, 4, 0, 9)))
            .as("within it")
            .isFalse();
        assertThat(asked(session, twin, condition, ids(3, 7, 1, 0, 0, 0))).as("nothing").isFalse();
      }
    }
  }

  private static boolean asked(
      GraphSession session, Twin twin, TensorRef condition, TensorValue ids) {
    TensorValue answer = session.run(Map.of(twin.fed(), ids), List.of(condition), List.of()).get(0);
    return answer.bytes().get(0) != 0;
  }

  /** With the mask where the layer has it: what is padding changes nothing. */
  @ParameterizedTest
  @ValueSource(strings = {"lstm_masked", "bigru_tagger"})
  void theLoopOfTheFormIsThatOfTheGraph(String name) {
    Twin twin = twin(name);
    try (ModelSession session = runtime.open(twin.model(), twin.byLoops())) {
      for (TensorValue ids :
          List.of(
              ids(3, 7, 1, 4, 2, 9),
              ids(3, 7, 1, 4, 2, 0),
              ids(3, 7, 1, 0, 2, 9),
              ids(3, 7, 1, 4, 0, 9),
              ids(3, 7, 1, 0, 0, 0))) {
        List<TensorValue> both =
            session
                .graph()
                .run(Map.of(twin.fed(), ids), List.of(twin.plain(), twin.onGpu()), List.of());
        assertThat(both.get(1).asDoubles()).containsExactly(both.get(0).asDoubles(), within(1e-6));
      }
    }
  }
}
