package dev.graft.trainer.internal.step;

import static dev.graft.testkit.TensorAssert.assertThat;

import com.google.common.collect.Iterables;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Golden;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.Optimizer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.proto.DataType;

/** One step on each model of the zoo changes its variables as Keras' optimizer does. */
@Tag("slow")
class ZooStepTest {

  /** A gradient that only Python knew, and the file does not hold. */
  private static final Set<String> BLOCKED = Set.of("custom_gradient_unsaved");

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static Stream<Arguments> models() {
    return Zoo.models(
            zoo ->
                zoo.vintage().equals("keras2")
                    && "session".equals(zoo.facts().cases().get(0).loader())
                    && !BLOCKED.contains(zoo.facts().name()))
        .stream()
        .filter(zoo -> !zoo.golden().under(zoo.facts().cases().get(0).name() + "/sgd/").isEmpty())
        .flatMap(zoo -> Stream.of(Arguments.of(zoo, "sgd"), Arguments.of(zoo, "adam")));
  }

  @ParameterizedTest
  @MethodSource("models")
  void oneStepIsKeras(ZooModel zoo, String name) {
    Optimizer optimizer = name.equals("sgd") ? Optimizer.sgd() : Optimizer.adam();
    float rate = name.equals("sgd") ? 0.01f : 0.001f;
    ZooModel.Case wanted = zoo.facts().cases().get(0);
    Golden golden = zoo.golden();
    ZooLoss loss = ZooLoss.of(zoo);
    GraphEditor editor = loss.graph().edit();
    TensorRef rateRef = editor.placeholder("rate", DataType.DT_FLOAT, Shape.scalar());
    TensorRef stepRef = editor.placeholder("step", DataType.DT_INT64, Shape.scalar());
    Map<TensorRef, TensorValue> feeds = new LinkedHashMap<>(loss.feeds());
    feeds.put(rateRef, TensorValue.scalar(rate));
    feeds.put(stepRef, TensorValue.scalar(0L));
    UpdateGraph update =
        UpdateGraph.of(
            StepGradients.of(editor.build(), loss.loss(), loss.training(zoo)),
            List.of(),
            Updating.by(optimizer, Clipping.none()),
            rateRef,
            stepRef);
    Model model = loss.model();
    Model extended =
        model.toBuilder()
            .graph(update.graph())
            .variables(Iterables.concat(model.variables(), update.slots()))
            .build();
    Map<String, Variable> byKey = zoo.byKey(model);
    try (ModelSession session = runtime.open(extended)) {
      session.graph().run(feeds, List.of(), update.nodes());
      Map<String, TensorValue> after = golden.under(wanted.name() + "/" + name + "/");
      Assertions.assertThat(after).isNotEmpty();
      after.forEach(
          (key, value) ->
              assertThat(session.readVariable(byKey.get(key)))
                  .as(key)
                  .isCloseTo(
                      value, 2e-6 + rounding(zoo) * rate * largest(golden, wanted, key), 1e-5));
    }
  }

  /** Of a gradient: float16 has 11 bits, and mixed_float16 computes in it. */
  private static double rounding(ZooModel zoo) {
    return zoo.facts().name().startsWith("mixed_float16") ? 2e-3 : 1e-4;
  }

  /** The largest element of a gradient: rounding is held against that, as the optimizer sees it. */
  private static double largest(Golden golden, ZooModel.Case wanted, String key) {
    TensorValue gradient = golden.under(wanted.name() + "/grad/").get(key);
    return gradient == null
        ? 0
        : Arrays.stream(gradient.asDoubles()).map(Math::abs).max().orElse(0);
  }
}
