package dev.graft.trainer.optimizer;

import static org.assertj.core.api.Assertions.assertThat;

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
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Golden;
import dev.graft.trainer.internal.step.StepGradients;
import dev.graft.trainer.internal.step.UpdateGraph;
import dev.graft.trainer.internal.step.Updating;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.proto.DataType;

/**
 * Steps with dense and sparse gradients change weights and slots as Keras 2.15's optimizers do; the
 * values are made by tools/parity/optimizers.py.
 */
class OptimizerTest {

  private static final Golden GOLDEN = Golden.read(Checkout.path("testdata/parity/optimizers.pb"));
  private static final int STEPS = 6;

  /** An optimizer that Keras was asked for, under the name of the golden values. */
  private record Case(String name, Optimizer optimizer, Clipping clipping) {
    Case(String name, Optimizer optimizer) {
      this(name, optimizer, Clipping.none());
    }
  }

  private static final List<Case> CASES =
      List.of(
          new Case("sgd", Optimizer.sgd()),
          new Case("sgd_momentum", Optimizer.sgd(0.9)),
          new Case("sgd_nesterov", Optimizer.sgd(0.9).nesterov(true)),
          new Case("sgd_decay", Optimizer.sgd(0.9).decay(Optimizer.WeightDecay.of(0.1))),
          new Case("sgd_clip_value", Optimizer.sgd(), Clipping.byValue(0.05)),
          new Case("sgd_clip_norm", Optimizer.sgd(), Clipping.byNorm(0.5)),
          new Case("sgd_clip_global_norm", Optimizer.sgd(), Clipping.byGlobalNorm(0.5)),
          new Case("adam", Optimizer.adam()),
          new Case("adam_amsgrad", Optimizer.adam().amsgrad(true)),
          new Case("adam_clip_value", Optimizer.adam(), Clipping.byValue(0.05)),
          new Case("adam_clip_norm", Optimizer.adam(), Clipping.byNorm(0.5)),
          new Case("adam_clip_global_norm", Optimizer.adam(), Clipping.byGlobalNorm(0.5)),
          new Case("adamw", Optimizer.adamW()),
          new Case(
              "adamw_amsgrad",
              Optimizer.adamW().amsgrad(true).decay(Optimizer.WeightDecay.of(0.1))),
          new Case(
              "adamw_excluding",
              Optimizer.adamW().decay(Optimizer.WeightDecay.of(0.1).except("^tab"))),
          new Case("rmsprop", Optimizer.rmsProp()),
          new Case("rmsprop_momentum", Optimizer.rmsProp().momentum(0.9)),
          new Case("rmsprop_centered", Optimizer.rmsProp().centered(true)),
          new Case("rmsprop_centered_momentum", Optimizer.rmsProp().momentum(0.9).centered(true)),
          new Case("adagrad", Optimizer.adagrad()),
          new Case(
              "adagrad_from_zero", new Optimizer.Adagrad(0, 1e-3, Optimizer.WeightDecay.NONE)));

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static Stream<Arguments> cases() {
    return CASES.stream()
        .flatMap(
            c ->
                Stream.of(
                    Arguments.of(c.name(), DataType.DT_FLOAT, c),
                    Arguments.of(c.name(), DataType.DT_DOUBLE, c)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("cases")
  void stepsAreKeras(String name, DataType dtype, Case wanted) {
    String type = dtype == DataType.DT_FLOAT ? "float32" : "float64";
    Step step = new Step(dtype, type, wanted);
    String keras = name + "/" + type + "/";
    try (ModelSession session = runtime.open(step.model)) {
      for (int i = 1; i <= STEPS; i++) {
        session.graph().run(step.feeds(i, type, keras), List.of(), step.update.nodes());
        List<Variable> all = step.model.variables();
        List<TensorValue> now = session.readVariables(all);
        for (int v = 0; v < all.size(); v++) {
          Variable variable = all.get(v);
          if (variable.trainable()) {
            checkWeight(variable.name(), now.get(v), type, keras + i + "/" + variable.name());
          } else {
            checkSlot(variable.name(), now.get(v), keras + i + "/", wanted.optimizer());
          }
        }
      }
    }
  }

  /** Against how far the weight has moved from its start, since that is what the optimizer does. */
  private static void checkWeight(String name, TensorValue now, String type, String key) {
    boolean single = type.equals("float32");
    TensorValue after = GOLDEN.value(key);
    double moved = largestDifference(after, GOLDEN.value("start/" + type + "/" + name));
    double representable = largest(after) * (single ? 2.4e-7 : 4e-16);
    assertThat(largestDifference(now, after))
        .as(key)
        .isLessThanOrEqualTo(moved * (single ? 1e-5 : 1e-12) + representable);
  }

  private static void checkSlot(String name, TensorValue now, String step, Optimizer optimizer) {
    String[] parts = name.split("/");
    String kept = parts[parts.length - 1];
    String key = step + parts[parts.length - 2] + "/" + kept;
    if (kept.equals("momentum") && !GOLDEN.has(key)) {
      return; // RMSprop's kernels keep it, also where it is 0
    }
    TensorValue after = plus(GOLDEN.value(key), offset(optimizer));
    // Adam's kernel takes 1 - beta2 in the weight's dtype: in float32 0.99998713e-3 instead of 1e-3
    double rounding = now.dtype() == DType.FLOAT64 ? 1e-12 : kept.matches("v|vhat") ? 1.5e-5 : 1e-5;
    assertThat(largestDifference(now, after))
        .as(key)
        .isLessThanOrEqualTo(largest(after) * rounding);
  }

  /** Adagrad's sums hold epsilon, too. */
  private static double offset(Optimizer optimizer) {
    return optimizer instanceof Optimizer.Adagrad adagrad ? adagrad.epsilon() : 0;
  }

  @Test
  void aSparseGradientNeverBecomesAsLargeAsItsTableWhereKerasLeavesTheOtherRowsAlone() {
    for (Optimizer optimizer : List.of(Optimizer.sgd(), Optimizer.adagrad())) {
      Step step =
          new Step(
              DataType.DT_FLOAT, "float32", new Case("any", optimizer, Clipping.byGlobalNorm(0.5)));
      String update =
          Iterables.getOnlyElement(
              step.update.nodes().stream().filter(node -> node.contains("/table/")).toList());
      assertThat(step.update.graph().node(update).getOp())
          .isIn("ResourceScatterSub", "ResourceSparseApplyAdagrad");
    }
  }

  /** A matrix and a table whose gradients are what is fed. */
  private static final class Step {
    final Variable matrix;
    final Variable table;
    final TensorRef dense;
    final TensorRef rows;
    final TensorRef indices;
    final TensorRef rate;
    final TensorRef number;
    final UpdateGraph update;
    final Model model;

    Step(DataType dtype, String type, Case wanted) {
      GraphEditor editor = Graph.empty().edit();
      Scope g = new Scope(editor, "test");
      matrix = variable(g, "matrix", type);
      table = variable(g, "table", type);
      dense = editor.placeholder("dense", dtype, matrix.shape());
      rows = editor.placeholder("rows", dtype, Shape.of(4, 4));
      indices = editor.placeholder("indices", DataType.DT_INT32, Shape.of(4));
      rate = editor.placeholder("rate", DataType.DT_DOUBLE, Shape.scalar());
      number = editor.placeholder("number", DataType.DT_INT64, Shape.scalar());
      TensorRef whole = g.op("ReadVariableOp").attr("dtype", dtype).input(matrix.handle()).output();
      TensorRef some =
          g.op("ResourceGather").attr("dtype", dtype).input(table.handle()).input(indices).output();
      TensorRef loss = g.add("AddV2", product(g, whole, dense), product(g, some, rows));
      update =
          UpdateGraph.of(
              StepGradients.of(editor.build(), loss, List.of(matrix, table)),
              List.of(),
              Updating.by(wanted.optimizer(), wanted.clipping()),
              rate,
              number);
      model =
          Model.builder("test", update.graph(), new Provenance.Origin("test", "", "", "", 0))
              .variables(Iterables.concat(List.of(matrix, table), update.slots()))
              .build();
    }

    private static TensorRef product(Scope g, TensorRef a, TensorRef b) {
      return g.add("Sum", g.add("Mul", a, b), g.ints(0, 1));
    }

    private static Variable variable(Scope g, String name, String type) {
      TensorValue start = GOLDEN.value("start/" + type + "/" + name);
      String node =
          g.editor()
              .op("VarHandleOp")
              .name(name)
              .attr("dtype", start.dtype().proto())
              .attr("shape", start.shape())
              .attr("shared_name", name)
              .node();
      return new Variable(
          name,
          node,
          start.dtype(),
          start.shape(),
          true,
          Variable.Role.KERNEL,
          new VariableSource.Given(start));
    }

    Map<TensorRef, TensorValue> feeds(int i, String type, String keras) {
      Map<TensorRef, TensorValue> feeds = new LinkedHashMap<>();
      feeds.put(dense, GOLDEN.value("gradient/" + type + "/" + i + "/dense"));
      feeds.put(rows, GOLDEN.value("gradient/" + type + "/" + i + "/rows"));
      feeds.put(indices, GOLDEN.value("indices/" + i));
      feeds.put(rate, GOLDEN.value(keras + "rate"));
      feeds.put(number, TensorValue.scalar(i - 1L));
      return feeds;
    }
  }

  private static TensorValue plus(TensorValue value, double offset) {
    double[] numbers = value.asDoubles();
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] += offset;
    }
    return TensorValue.of(value.shape(), numbers);
  }

  private static double largest(TensorValue value) {
    double largest = 0;
    for (double each : value.asDoubles()) {
      largest = Math.max(largest, Math.abs(each));
    }
    return largest;
  }

  private static double largestDifference(TensorValue a, TensorValue b) {
    assertThat(a.shape()).isEqualTo(b.shape());
    double[] x = a.asDoubles();
    double[] y = b.asDoubles();
    double largest = 0;
    for (int i = 0; i < x.length; i++) {
      largest = Math.max(largest, Math.abs(x[i] - y[i]));
    }
    return largest;
  }
}
