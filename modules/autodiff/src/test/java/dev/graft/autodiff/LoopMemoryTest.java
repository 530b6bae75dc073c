package dev.graft.autodiff;

import static dev.graft.testkit.TensorAssert.assertThat;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.autodiff.gradient.LoopMemory;
import dev.graft.autodiff.internal.rules.ControlFlowRulesTest;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.Variable;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.proto.DataType;

/** What loops keep or compute again makes no difference to the gradients. */
class LoopMemoryTest {

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** y = x u1 u2 u3 with random u: drawn again on the way back, dy/dx would not be y / x. */
  @ParameterizedTest
  @EnumSource(LoopMemory.class)
  void whatWasDrawnIsKept(LoopMemory memory) {
    GraphEditor editor = dev.graft.graph.Graph.empty().edit();
    TensorRef x = editor.placeholder("x", DataType.DT_DOUBLE, Shape.of(4));
    List<TensorRef> outputs =
        ControlFlowRulesTest.loop(
            editor,
            "While",
            List.of(ControlFlowRulesTest.ints0(editor, 0), x),
            (e, a) ->
                List.of(
                    ControlFlowRulesTest.call(
                        e, "Less", a.get(0), ControlFlowRulesTest.ints0(e, 3))),
            (e, a) -> {
              TensorRef shape = ControlFlowRulesTest.call(e, "Shape", a.get(1));
              TensorRef drawn =
                  e.op("RandomUniform").input(shape).attr("dtype", DataType.DT_DOUBLE).output();
              return List.of(
                  ControlFlowRulesTest.next(e, a.get(0)),
                  ControlFlowRulesTest.call(e, "Mul", a.get(1), drawn));
            });
    TensorRef y = outputs.get(1);
    GradientGraph found =
        Differentiator.gradients(editor.build(), List.of(y), List.of(), List.of(x), memory);
    TensorRef dx = ((Gradient.Dense) found.gradients().get(x)).value();
    try (GraphSession session = runtime.session(found.graph())) {
      TensorValue fed = TensorValue.of(Shape.of(4), new double[] {1, 1, 1, 1});
      List<TensorValue> values = session.run(Map.of(x, fed), List.of(y, dx), List.of());
      assertThat(values.get(1)).isCloseTo(values.get(0), 0, 1e-12);
    }
  }

  /** Recompute keeps the state of each step and no more. */
  @Test
  void recomputeKeepsLess() {
    ZooModel zoo = Zoo.model("keras2/lstm");
    Assertions.assertThat(lists(zoo, LoopMemory.RECOMPUTE)).isLessThan(lists(zoo, LoopMemory.SAVE));
  }

  private static long lists(ZooModel zoo, LoopMemory memory) {
    Model model = SavedModelImporter.load(zoo.savedModel());
    List<TensorRef> xs = model.trainableVariables().stream().map(Variable::handle).toList();
    List<TensorRef> ys =
        model.servingSignature().outputs().values().stream().map(spec -> spec.tensor()).toList();
    return Differentiator.gradients(model.graph(), ys, List.of(), xs, memory)
        .graph()
        .nodes()
        .stream()
        .filter(node -> node.getOp().equals("EmptyTensorList"))
        .count();
  }

  /** A sequence of a thousand steps through a Keras LSTM; the contract measures such a slope. */
  @Test
  void aThousandStepsWork() {
    List<TensorValue> saved = thousand(LoopMemory.SAVE);
    List<TensorValue> recomputed = thousand(LoopMemory.RECOMPUTE);
    for (int i = 0; i < saved.size(); i++) {
      Assertions.assertThat(saved.get(i).asDoubles())
          .doesNotContain(Double.NaN, Double.POSITIVE_INFINITY)
          .isNotEqualTo(new double[saved.get(i).asDoubles().length]);
      assertThat(recomputed.get(i)).isCloseTo(saved.get(i), 1e-6, 1e-5);
    }
  }

  private static List<TensorValue> thousand(LoopMemory memory) {
    Model model = SavedModelImporter.load(Zoo.model("keras2_export/lstm").savedModel());
    Signature signature = model.servingSignature();
    float[] x = new float[2 * 1000 * 3];
    Random random = new Random(1);
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    List<TensorRef> xs = model.trainableVariables().stream().map(Variable::handle).toList();
    List<TensorRef> ys = List.of(signature.outputs().values().iterator().next().tensor());
    GradientGraph found = Differentiator.gradients(model.graph(), ys, List.of(), xs, memory);
    Assertions.assertThat(found.gradients()).hasSize(xs.size());
    List<TensorRef> gradients =
        found.gradients().values().stream().map(g -> ((Gradient.Dense) g).value()).toList();
    try (ModelSession session = runtime.open(model, found.graph())) {
      TensorRef input = signature.inputs().values().iterator().next().tensor();
      return session
          .graph()
          .run(Map.of(input, TensorValue.of(Shape.of(2, 1000, 3), x)), gradients, List.of());
    }
  }
}
