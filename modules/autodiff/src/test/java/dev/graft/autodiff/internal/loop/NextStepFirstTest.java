package dev.graft.autodiff.internal.loop;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** The step back of a recurrent layer, small: the state's gradient goes on, a weight's adds up. */
class NextStepFirstTest {

  private final GraphEditor editor = Graph.empty().edit();
  private final TensorRef step = argument("step", DataType.DT_INT32);
  private final TensorRef state = argument("state", DataType.DT_FLOAT);
  private final TensorRef sum = argument("sum", DataType.DT_FLOAT);
  private final TensorRef weights = argument("weights", DataType.DT_FLOAT);
  private final TensorRef counted = call("counted", "Neg", step);
  private final TensorRef slope = call("slope", "Square", state);

  private TensorRef argument(String name, DataType dtype) {
    return editor.placeholder(name, dtype, Shape.unknown());
  }

  private TensorRef call(String name, String op, TensorRef... inputs) {
    OpBuilder node = editor.op(op).name(name);
    for (TensorRef input : inputs) {
      node.input(input);
    }
    return node.output();
  }

  private Graph ordered(TensorRef... results) {
    ImmutableList<TensorRef> all = ImmutableList.copyOf(results);
    ImmutableList<String> arguments = ImmutableList.of("step", "state", "sum", "weights");
    ImmutableList<String> names = ImmutableList.of("a", "b", "c", "d");
    FunctionGraph body =
        new FunctionGraph(
            "body", editor.build(), arguments, all, names, ImmutableList.of(), ImmutableMap.of());
    FunctionGraph ordered = NextStepFirst.in(body);
    assertThat(ordered.results()).isEqualTo(all);
    assertThat(ordered.graph().size()).isEqualTo(body.graph().size());
    return ordered.graph();
  }

  private static List<String> waitsFor(Graph graph, String node) {
    return Nodes.controlInputs(graph.node(node));
  }

  @Test
  void whatOnlyAddsUpWaitsForTheNextStepsState() {
    TensorRef next = call("next", "MatMul", slope, weights);
    TensorRef product = call("product", "MatMul", slope, slope);
    TensorRef scaled = call("scaled", "Neg", product);
    Graph graph = ordered(counted, next, call("added", "AddV2", sum, scaled), weights);
    assertThat(waitsFor(graph, "product")).containsExactly("next");
    // those behind it wait already, and those before it must not
    for (String other : List.of("scaled", "added", "slope", "next", "counted")) {
      assertThat(waitsFor(graph, other)).as(other).isEmpty();
    }
  }

  @Test
  void aSumThatTheStateFollowsFromIsPartOfIt() {
    TensorRef product = call("product", "MatMul", slope, slope);
    TensorRef added = call("added", "AddV2", sum, product);
    TensorRef next = call("next", "MatMul", slope, sum);
    Graph graph = ordered(counted, next, added, weights);
    assertThat(graph.nodes()).allMatch(node -> waitsFor(graph, node.getName()).isEmpty());
  }

  @Test
  void stepsThatHandNothingOnStayAsTheyAre() {
    TensorRef product = call("product", "MatMul", weights, weights);
    Graph graph = ordered(counted, state, call("added", "AddV2", sum, product), weights);
    assertThat(graph.nodes())
        .extracting(NodeDef::getInputList)
        .noneMatch(inputs -> inputs.stream().anyMatch(Nodes::isControl));
  }
}
