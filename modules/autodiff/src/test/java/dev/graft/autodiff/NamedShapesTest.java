package dev.graft.autodiff;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.testkit.Zoo;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/** Sizes that only a run will tell are told apart, and what needs no broadcasting gets none. */
class NamedShapesTest {

  private final GraphEditor editor = Graph.empty().edit();

  private TensorRef input(String name, long... dims) {
    return editor.placeholder(name, DataType.DT_FLOAT, Shape.of(dims));
  }

  private TensorRef node(String op, TensorRef... inputs) {
    OpBuilder node = editor.op(op).name(op);
    for (TensorRef input : inputs) {
      node.input(input);
    }
    return node.output();
  }

  @Test
  void inputsShareTheBatchAndNothingElse() {
    TensorRef x = input("x", -1, -1, 4);
    TensorRef y = input("y", -1, -1, 4);
    TensorRef tanh = node("Tanh", x);
    Map<TensorRef, Shape> shapes = NamedShapes.infer(editor.build());
    assertThat(shapes.get(tanh)).isEqualTo(shapes.get(x));
    assertThat(NamedShapes.isDetermined(shapes.get(tanh))).isTrue();
    assertThat(NamedShapes.known(shapes.get(tanh))).isEqualTo(Shape.of(-1, -1, 4));
    assertThat(shapes.get(y).dim(0)).isEqualTo(shapes.get(x).dim(0));
    assertThat(shapes.get(y).dim(1)).isNotEqualTo(shapes.get(x).dim(1));
  }

  @Test
  void lengthsThatMustBeEqualStayUnnamed() {
    TensorRef sum = node("AddV2", input("x", -1, -1), input("y", -1, -1));
    Shape shape = NamedShapes.infer(editor.build()).get(sum);
    assertThat(shape.dim(0)).isLessThan(Shape.UNKNOWN);
    assertThat(shape.dim(1)).isEqualTo(Shape.UNKNOWN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lstm", "gru_stateful"})
  void aRecurrentLayerLooksForNoBroadcastingAtEachStep(String name) {
    Model model = SavedModelImporter.load(Zoo.model("keras2/" + name).savedModel());
    TensorRef answers = model.servingSignature().outputs().values().iterator().next().tensor();
    List<TensorRef> weights =
        model.variables().stream().filter(Variable::trainable).map(Variable::handle).toList();
    Graph graph =
        Differentiator.gradients(model.graph(), List.of(answers), List.of(), weights).graph();
    List<FunctionDef> back =
        graph.functions().values().stream()
            .filter(function -> function.getSignature().getName().endsWith("_backward"))
            .toList();
    assertThat(back).isNotEmpty();
    assertThat(back.stream().flatMap(function -> function.getNodeDefList().stream()))
        .extracting(NodeDef::getOp)
        .contains("MatMul")
        .doesNotContain("BroadcastGradientArgs");
  }
}
