package dev.graft.autodiff.internal.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.autodiff.gradient.LoopMemory;
import dev.graft.autodiff.internal.engine.Cotangents;
import dev.graft.autodiff.internal.engine.Library;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.Shapes;
import dev.graft.autodiff.internal.preflight.GradientPaths;
import dev.graft.error.BadModelException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;

/**
 * What holds of every rule: its gradients are those that central differences give, whether shapes
 * are known beforehand or not, and they survive being written and read as a GraphDef. A family of
 * rules is checked by giving its cases.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RuleContract {

  private TensorFlowRuntime runtime;

  abstract Stream<RuleCase> cases();

  @BeforeAll
  void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  void close() {
    runtime.close();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void agreesWithCentralDifferences(RuleCase rule) throws Exception {
    rule.build();
    Graph graph = rule.graph();
    List<TensorRef> xs = List.copyOf(rule.xs().keySet());
    List<TensorValue> values = xs.stream().map(rule.xs()::get).toList();
    Map<TensorRef, Shape> known = new HashMap<>();
    List<double[]> numeric;
    List<TensorValue> weights = new ArrayList<>();
    try (GraphSession session = runtime.session(graph)) {
      rule.xs().forEach((x, value) -> known.put(x, value.shape()));
      List<TensorRef> others = tensors(graph).filter(x -> !known.containsKey(x)).toList();
      List<TensorValue> found = session.run(rule.xs(), others, List.of());
      for (int i = 0; i < others.size(); i++) {
        known.put(others.get(i), found.get(i).shape());
      }
      for (TensorRef y : rule.ys()) {
        weights.add(rule.random(known.get(y)));
      }
      try (PreparedRun run = session.prepare(xs, rule.ys(), List.of())) {
        numeric = differences(rule, values, weights, run);
      }
    }
    if (!rule.shapesNeeded()) {
      check(rule, graph, weights, Shapes.NONE, LoopMemory.SAVE, numeric, "with unknown shapes");
    }
    Shapes shapes = tensor -> known.getOrDefault(tensor, Shape.unknown());
    check(rule, graph, weights, shapes, LoopMemory.SAVE, numeric, "with known shapes");
    if (!graph.functions().isEmpty()) {
      check(rule, graph, weights, shapes, LoopMemory.RECOMPUTE, numeric, "computed again");
    }
  }

  /** Constants included: what a rule gives no gradient to, the list of ops has to say. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void thePreflightSaysTheSame(RuleCase rule) {
    rule.build();
    Graph graph = rule.graph();
    List<TensorRef> xs =
        tensors(graph)
            .filter(x -> graph.node(x.node()).getInputCount() == 0)
            .filter(x -> DType.of(graph.dtype(x)).isContinuous())
            .toList();
    GradientGraph found;
    try {
      found =
          Differentiator.gradients(
              graph,
              rule.ys(),
              List.of(),
              xs,
              Differentiator.ops(graph, LoopMemory.SAVE, Shapes.NONE));
    } catch (BadModelException e) {
      assertThat(rule.shapesNeeded()).isTrue();
      return;
    }
    GradientPaths paths = new GradientPaths(graph, xs, rule.ys());
    for (TensorRef x : xs) {
      assertThat(paths.before(x)).isEmpty();
      assertThat(paths.reaches(x))
          .as("%s: %s %s", rule, x, graph.consumers(x.node()))
          .isEqualTo(found.gradients().containsKey(x));
    }
  }

  private static Stream<TensorRef> tensors(Graph graph) {
    Stream.Builder<TensorRef> all = Stream.builder();
    for (NodeDef node : graph.nodes()) {
      List<DataType> types = graph.outputTypes(node.getName());
      for (int i = 0; i < types.size(); i++) {
        DataType type = types.get(i);
        if (type != DataType.DT_VARIANT && type != DataType.DT_RESOURCE) {
          all.add(new TensorRef(node.getName(), i));
        }
      }
    }
    return all.build();
  }

  private void check(
      RuleCase rule,
      Graph graph,
      List<TensorValue> weights,
      Shapes shapes,
      LoopMemory memory,
      List<double[]> numeric,
      String how)
      throws Exception {
    GraphEditor editor = graph.edit();
    List<TensorRef> dys = new ArrayList<>();
    for (TensorValue weight : weights) {
      dys.add(editor.constant("dy", weight));
    }
    List<TensorRef> xs = List.copyOf(rule.xs().keySet());
    Graph weighted = editor.build();
    GradientGraph found =
        Differentiator.gradients(
            weighted, rule.ys(), dys, xs, Differentiator.ops(weighted, memory, shapes));
    Graph read = Graph.of(GraphDef.parseFrom(found.graph().toGraphDef().toByteArray()));
    Map<TensorRef, TensorRef> fetches = new HashMap<>();
    GraphEditor densified = read.edit();
    for (TensorRef x : xs) {
      assertThat(found.gradients()).as("%s: gradient of %s %s", rule, x, how).containsKey(x);
      fetches.put(
          x,
          Cotangents.dense(
              found.gradients().get(x),
              new Ops(
                  densified,
                  Shapes.NONE,
                  new Library(densified, AllRules.standard(), LoopMemory.SAVE))));
    }
    try (GraphSession session = runtime.session(densified.build())) {
      List<TensorValue> gradients =
          session.run(rule.xs(), xs.stream().map(fetches::get).toList(), List.of());
      for (int i = 0; i < xs.size(); i++) {
        TensorValue gradient = gradients.get(i);
        assertThat(gradient.shape())
            .as("%s: shape %s", rule, how)
            .isEqualTo(rule.xs().get(xs.get(i)).shape());
        assertThat(gradient.asDoubles())
            .as("%s: gradient of %s %s", rule, xs.get(i), how)
            .usingComparatorWithPrecision(rule.tolerance())
            .containsExactly(numeric.get(i));
      }
    }
  }

  /** Derivatives by differences of fourth order: the error is of the order of step^4. */
  private static List<double[]> differences(
      RuleCase rule, List<TensorValue> values, List<TensorValue> weights, PreparedRun run) {
    List<double[]> all = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      double[] base = values.get(i).asDoubles();
      double[] slopes = new double[base.length];
      for (int k = 0; k < base.length; k++) {
        double[] f = new double[4];
        for (int j = 0; j < 4; j++) {
          double[] moved = base.clone();
          moved[k] += rule.step() * (j < 2 ? j - 2 : j - 1);
          List<TensorValue> feeds = new ArrayList<>(values);
          feeds.set(i, RuleCase.tensor(values.get(i).dtype(), values.get(i).shape(), moved));
          f[j] = weighted(run.run(feeds), weights);
        }
        slopes[k] = (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * rule.step());
      }
      all.add(slopes);
    }
    return all;
  }

  private static double weighted(List<TensorValue> ys, List<TensorValue> weights) {
    double sum = 0;
    for (int i = 0; i < ys.size(); i++) {
      double[] y = ys.get(i).asDoubles();
      double[] w = weights.get(i).asDoubles();
      for (int k = 0; k < y.length; k++) {
        sum += y[k] * w[k];
      }
    }
    return sum;
  }
}
