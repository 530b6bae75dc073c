package dev.graft.trainer.internal.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Halves;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.Optimizer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.DataType;

/** Steps of a weight in float16 that are each too small for it. */
class WholeWeightsTest {

  private static final double RATE = 1e-4; // half the distance from 1 to the next number is 4.9e-4
  private static final int STEPS = 30;

  private static Variable half(GraphEditor editor) {
    String node =
        editor
            .op("VarHandleOp")
            .name("weight")
            .attr("dtype", DataType.DT_HALF)
            .attr("shape", Shape.of(2))
            .attr("shared_name", "weight")
            .node();
    return new Variable(
        "weight",
        node,
        DType.FLOAT16,
        Shape.of(2),
        true,
        Variable.Role.KERNEL,
        new VariableSource.Given(Halves.of(TensorValue.of(Shape.of(2), new float[] {1, -1}))));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theyAddUp(boolean accumulates) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "test");
    Variable weight = half(editor);
    TensorRef read =
        g.op("ReadVariableOp").attr("dtype", DataType.DT_HALF).input(weight.handle()).output();
    TensorRef loss = g.add("Sum", g.cast(read, DataType.DT_FLOAT), g.ints(0));
    TensorRef rate = editor.placeholder("rate", DataType.DT_DOUBLE, Shape.scalar());
    TensorRef step = editor.placeholder("step", DataType.DT_INT64, Shape.scalar());
    UpdateGraph update =
        UpdateGraph.of(
            StepGradients.of(editor.build(), loss, List.of(weight)),
            List.of(),
            new Updating(Optimizer.sgd(), Clipping.none(), ImmutableMap.of(), accumulates),
            rate,
            step);
    assertThat(update.slots()).extracting(Variable::dtype).containsOnly(DType.FLOAT32).hasSize(1);
    Model model =
        Model.builder("test", update.graph(), new Provenance.Origin("test", "", "", "", 0))
            .variables(Iterables.concat(List.of(weight), update.slots(), update.sums()))
            .build();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        ModelSession session = runtime.open(model)) {
      for (long i = 0; i < STEPS; i++) {
        Map<TensorRef, TensorValue> fed =
            Map.of(
                rate,
                TensorValue.of(Shape.scalar(), new double[] {RATE}),
                step,
                TensorValue.scalar(i));
        if (accumulates) {
          session.graph().run(fed, List.of(), update.add());
        }
        session.graph().run(fed, List.of(), update.nodes());
      }
      assertThat(session.readVariable(weight).dtype()).isEqualTo(DType.FLOAT16);
      double[] now = session.readVariable(weight).asDoubles();
      assertThat(now[0]).isCloseTo(1 - STEPS * RATE, within(2.5e-4)); // as near as float16 comes
      assertThat(now[1]).isCloseTo(-1 - STEPS * RATE, within(5e-4));
      double[] whole = session.readVariable(update.slots().get(0)).asDoubles();
      assertThat(whole[0]).isCloseTo(1 - STEPS * RATE, within(1e-6));
    }
  }

  /** float32 weights are their own. */
  @Test
  void othersHaveNone() {
    GraphEditor editor = Graph.empty().edit();
    Variable half = half(editor);
    Variable whole =
        new Variable(
            "other",
            half.node(),
            DType.FLOAT32,
            half.shape(),
            true,
            Variable.Role.KERNEL,
            half.source());
    WholeWeights weights = new WholeWeights();
    assertThat(weights.of(new Scope(editor, "test"), whole)).isSameAs(whole);
    assertThat(weights.changed(new Scope(editor, "test"), whole, "update")).isEqualTo("update");
    assertThat(weights.all()).isEmpty();
  }
}
