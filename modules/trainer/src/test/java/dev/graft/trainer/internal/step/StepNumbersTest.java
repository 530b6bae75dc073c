package dev.graft.trainer.internal.step;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Initializer;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** What all weights go by is computed once in a graph: a weight more is its own update more. */
class StepNumbersTest {

  /** What is there for each weight: it changes, or belongs to the optimizer. */
  private static final Set<String> OF_A_WEIGHT =
      Set.of("VarHandleOp", "ReadVariableOp", "AssignSubVariableOp");

  /** The ops of the updates of so many weights, every other one at a tenth of the rate. */
  private static Map<String, Long> ops(Optimizer optimizer, DType dtype, int weights) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "test");
    List<Variable> all = new ArrayList<>();
    List<TensorRef> squares = new ArrayList<>();
    ImmutableMap.Builder<String, Double> rates = ImmutableMap.builder();
    for (int i = 0; i < weights; i++) {
      Variable weight = weight(g, "w" + i, dtype);
      all.add(weight);
      TensorRef read =
          g.op("ReadVariableOp").attr("dtype", dtype.proto()).input(weight.handle()).output();
      squares.add(g.add("Sum", g.add("Square", read), g.ints(0)));
      if (i % 2 == 1) {
        rates.put("w" + i, 0.1);
      }
    }
    TensorRef loss = g.addList("AddN", squares);
    TensorRef rate = editor.placeholder("rate", DataType.DT_DOUBLE, Shape.scalar());
    TensorRef step = editor.placeholder("step", DataType.DT_INT64, Shape.scalar());
    Updating how = new Updating(optimizer, Clipping.none(), rates.buildOrThrow(), false);
    Graph graph =
        UpdateGraph.of(StepGradients.of(editor.build(), loss, all), List.of(), how, rate, step)
            .graph();
    return graph.nodes().stream()
        .filter(node -> node.getName().startsWith("graft/update/"))
        .collect(Collectors.groupingBy(NodeDef::getOp, Collectors.counting()));
  }

  private static Variable weight(Scope g, String name, DType dtype) {
    String node =
        g.op("VarHandleOp")
            .name(name)
            .attr("dtype", dtype.proto())
            .attr("shape", Shape.of(3))
            .attr("shared_name", name)
            .node();
    return new Variable(
        name,
        node,
        dtype,
        Shape.of(3),
        true,
        Variable.Role.KERNEL,
        new VariableSource.Initialized(Initializer.ZEROS, 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"sgd", "momentum", "nesterov", "adam", "amsgrad", "adamw", "rmsprop", "adagrad"})
  void theyAreThereOnceForAllWeights(String name) {
    Map<String, Long> few = ops(Optimizer.named(name), DType.FLOAT32, 2);
    Map<String, Long> many = ops(Optimizer.named(name), DType.FLOAT32, 20);
    many.forEach(
        (op, count) -> {
          boolean isOfWeight = OF_A_WEIGHT.contains(op) || op.startsWith("ResourceApply");
          boolean isDecay = name.equals("adamw") && op.equals("Mul"); // of the weight itself
          long wanted = isOfWeight ? 10 * few.get(op) : isDecay ? few.get(op) + 18 : few.get(op);
          assertThat(count).as(op).isEqualTo(wanted);
        });
  }

  /** Before it was a Cast of the rate, two of the step, two Pow and five constants for each. */
  @Test
  void adamHasTheseOfThem() {
    assertThat(ops(Optimizer.adam(), DType.FLOAT32, 20))
        .containsEntry("ResourceApplyAdam", 20L)
        .containsEntry("Pow", 2L)
        .containsEntry("Cast", 2L)
        .containsEntry("Mul", 1L) // the tenth of the rate
        .containsEntry("Const", 1 + 5 + 1L); // the one that counts steps, Adam's own, the tenth
  }
}
