package dev.graft.autodiff;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.testkit.Checkout;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.NodeDef;

/** Weights of an LSTM over 40 steps get their gradient from one product over all of them. */
class StepProductTest {

  private static Stream<String> ops(LoopMemory memory) {
    Model model = SavedModelImporter.load(Checkout.path("testdata/examples/machines/model"));
    String signal = model.servingSignature().inputs().get("signal").tensor().node();
    Graph graph =
        model
            .graph()
            .edit()
            .replace(
                model.graph().node(signal).toBuilder()
                    .putAttr("shape", Attrs.of(Shape.of(-1, 40, 1)))
                    .build())
            .build();
    TensorRef answers = model.servingSignature().outputs().values().iterator().next().tensor();
    List<TensorRef> weights =
        model.variables().stream().filter(Variable::trainable).map(Variable::handle).toList();
    return Differentiator.gradients(graph, List.of(answers), List.of(), weights, memory)
        .graph()
        .nodes()
        .stream()
        .map(NodeDef::getOp);
  }

  @Test
  void multipliesBehindTheLoop() {
    assertThat(ops(LoopMemory.SAVE)).contains("TensorListConcatV2");
  }

  @Test
  void keepsNoFactorsWhereMemoryIsToBeSaved() {
    assertThat(ops(LoopMemory.RECOMPUTE)).doesNotContain("TensorListConcatV2");
  }
}
