package dev.graft.trainer.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.Iterables;
import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Golden;
import dev.graft.testkit.TensorAssert;
import dev.graft.trainer.loss.Losses;
import dev.graft.trainer.loss.Objective;
import dev.graft.trainer.metric.HeadTensors;
import dev.graft.trainer.metric.Judged;
import dev.graft.trainer.metric.Metric;
import dev.graft.trainer.metric.Metrics;
import dev.graft.trainer.optimizer.Gradients;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;

/**
 * Losses, their gradients and metrics are Keras 2.15's; the values are made by
 * tools/parity/objectives.py.
 */
class ObjectiveTest {

  private static final Golden GOLDEN = Golden.read(Checkout.path("testdata/parity/objectives.pb"));
  private static final int UNITS = 5;

  /** Metrics that Keras does not have; each has a test of its own. */
  private static final Set<String> BY_HAND = Set.of("kappa");

  private static final double[] WEIGHTS = GOLDEN.value("class_weights").doubles();

  private static final Map<String, Objective> CASES =
      Map.ofEntries(
          Map.entry("sparse", Objective.crossEntropy()),
          Map.entry("sparse_positions", Objective.crossEntropy()),
          Map.entry("sparse_smoothed", Objective.crossEntropy().smoothing(0.1)),
          Map.entry("sparse_weighted", Objective.crossEntropy().classWeights(WEIGHTS)),
          Map.entry("dense", Objective.crossEntropy()),
          Map.entry("dense_weighted", Objective.crossEntropy().classWeights(WEIGHTS)),
          Map.entry("dense_smoothed", Objective.crossEntropy().smoothing(0.1)),
          Map.entry("binary", Objective.binaryCrossEntropy()),
          Map.entry("binary_smoothed", Objective.binaryCrossEntropy().smoothing(0.1)),
          Map.entry("focal", Objective.focal()),
          Map.entry("focal_dense", new Objective.Focal(1.5, 0.6)),
          Map.entry("binary_focal", Objective.binaryFocal()),
          Map.entry("squared", Objective.squaredError()),
          Map.entry("squared_positions", Objective.squaredError()),
          Map.entry("absolute", Objective.absoluteError()),
          Map.entry("huber", Objective.huber()),
          Map.entry("huber_wide", new Objective.Huber(2.5)),
          Map.entry("cosine", Objective.cosine()));

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  @Test
  void lossesAndTheirGradientsAreKeras() {
    GraphEditor editor = Graph.empty().edit();
    Map<TensorRef, TensorValue> feeds = new LinkedHashMap<>();
    Map<String, TensorRef> logits = new LinkedHashMap<>();
    Map<String, TensorRef> losses = new LinkedHashMap<>();
    CASES.forEach(
        (name, objective) -> {
          logits.put(name, feed(editor, feeds, name + "/logits"));
          TensorRef targets = feed(editor, feeds, name + "/targets");
          Scope g = new Scope(editor, name);
          losses.put(name, loss(objective, new HeadTensors(g, logits.get(name), targets, UNITS)));
        });
    GradientGraph gradients =
        Differentiator.gradients(
            editor.build(), List.copyOf(losses.values()), List.of(), List.copyOf(logits.values()));
    List<TensorRef> fetches = new ArrayList<>(losses.values());
    logits.values().forEach(x -> fetches.add(Gradients.numbers(gradients.gradients().get(x))));
    try (GraphSession session = runtime.session(gradients.graph())) {
      List<TensorValue> values = session.run(feeds, fetches, List.of());
      int next = 0;
      for (String name : losses.keySet()) {
        TensorAssert.assertThat(values.get(next))
            .as(name + " loss")
            .isCloseTo(GOLDEN.value(name + "/loss"), 1e-9, rounding(name));
        TensorAssert.assertThat(values.get(losses.size() + next))
            .as(name + " gradient")
            .isCloseTo(GOLDEN.value(name + "/gradient"), 1e-9, rounding(name));
        next++;
      }
    }
  }

  /** Keras adds and clips by 1e-7 where it takes the logarithm of a share. */
  private static double rounding(String name) {
    return name.contains("focal") ? 1e-4 : 1e-6;
  }

  private static TensorRef feed(
      GraphEditor editor, Map<TensorRef, TensorValue> feeds, String name) {
    TensorValue value = GOLDEN.value(name);
    TensorRef placeholder =
        editor.placeholder("fed/" + name, value.dtype().proto(), Shape.unknown());
    feeds.put(placeholder, value);
    return placeholder;
  }

  @Test
  void metricsAreKeras() {
    for (String kind : List.of("one", "any", "numbers")) {
      Map<String, TensorValue> wanted = new LinkedHashMap<>(GOLDEN.under("metrics/" + kind + "/"));
      TensorValue logits = wanted.remove("logits");
      TensorValue targets = wanted.remove("targets");
      GraphEditor editor = Graph.empty().edit();
      TensorRef x = editor.placeholder("x", logits.dtype().proto(), Shape.unknown());
      TensorRef y = editor.placeholder("y", targets.dtype().proto(), Shape.unknown());
      Head head =
          new Head(
              "head",
              kind.equals("one")
                  ? Head.Kind.SINGLE_LABEL
                  : kind.equals("any") ? Head.Kind.MULTI_LABEL : Head.Kind.REGRESSION,
              Optional.empty(),
              x,
              x,
              x,
              (int) logits.shape().dim(1));
      Judged batch = new Judged(new Scope(editor, "g"), List.of(head), List.of(y));
      Map<Metric, List<TensorRef>> metrics = new LinkedHashMap<>();
      Metrics.of(head).forEach(each -> metrics.put(each, each.sums(batch)));
      try (GraphSession session = runtime.session(editor.build())) {
        Map<String, Double> found = new LinkedHashMap<>();
        metrics.forEach(
            (metric, sums) ->
                found.put(
                    metric.name(),
                    metric.of(
                        session.run(Map.of(x, logits, y, targets), sums, List.of()).stream()
                            .map(TensorValue::asDoubles)
                            .toList())));
        found.keySet().removeAll(BY_HAND);
        assertThat(found.keySet()).as(kind).isEqualTo(wanted.keySet());
        wanted.forEach(
            (name, value) ->
                assertThat(found.get(name))
                    .as(kind + " " + name)
                    .isCloseTo(
                        Iterables.getOnlyElement(List.of(value)).asDoubles()[0], within(1e-6)));
      }
    }
  }

  /** Four vectors of two labels, worked out by hand from the paper's formula. */
  @Test
  void contrastiveLossIsThePapers() {
    float[][] vectors = {{1, 0}, {0.6f, 0.8f}, {0, 1}, {-2, 0}};
    int[] labels = {0, 0, 1, 2};
    float[] flat = new float[8];
    for (int i = 0; i < 4; i++) {
      System.arraycopy(vectors[i], 0, flat, 2 * i, 2);
    }
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.unknown());
    TensorRef y = editor.placeholder("y", DataType.DT_INT32, Shape.unknown());
    TensorRef loss =
        loss(new Objective.Contrastive(0.5), new HeadTensors(new Scope(editor, "g"), x, y, 2));
    try (GraphSession session = runtime.session(editor.build())) {
      float[] found =
          session
              .run(
                  Map.of(
                      x,
                      TensorValue.of(Shape.of(4, 2), flat),
                      y,
                      TensorValue.of(Shape.of(4), labels)),
                  List.of(loss),
                  List.of())
              .get(0)
              .floats();
      // cosines of the first with the others: 0.6, 0, -1; of the second: 0.6, 0.8, -0.6
      double first = -1.2 + Math.log(Math.exp(1.2) + Math.exp(0) + Math.exp(-2));
      double second = -1.2 + Math.log(Math.exp(1.2) + Math.exp(1.6) + Math.exp(-1.2));
      assertThat((double) found[0]).isCloseTo(first, within(1e-5));
      assertThat((double) found[1]).isCloseTo(second, within(1e-5));
      assertThat(found[2]).isZero(); // alone with its label
      assertThat(found[3]).isZero();
    }
  }

  /** With a gamma below 1 the factor's own gradient is infinite where nothing is missing. */
  @Test
  void focalLossesOfASaturatedAnswerHaveAGradient() {
    TensorValue sure = TensorValue.of(Shape.of(1, 2), new float[] {20, -20});
    TensorValue first = TensorValue.of(Shape.of(1), new int[] {0});
    TensorValue second = TensorValue.of(Shape.of(1), new int[] {1});
    TensorValue ones = TensorValue.of(Shape.of(1, 2), new float[] {1, 0});
    TensorValue wrong = TensorValue.of(Shape.of(1, 2), new float[] {0, 1});
    for (double gamma : new double[] {0.5, 1, 2}) {
      Objective focal = new Objective.Focal(gamma, 1);
      Objective binary = new Objective.BinaryFocal(gamma);
      assertThat(gradient(focal, sure, first)).containsExactly(new float[] {0, 0}, within(1e-6f));
      assertThat(gradient(binary, sure, ones)).containsExactly(new float[] {0, 0}, within(1e-6f));
      float[] toTheOther = {1, -1};
      assertThat(gradient(focal, sure, second)).containsExactly(toTheOther, within(1e-4f));
      float[] half = {0.5f, -0.5f}; // the mean of two labels
      assertThat(gradient(binary, sure, wrong)).containsExactly(half, within(1e-4f));
    }
  }

  /**
   * Where a head starts from nothing: the parts of the formula have no gradient at 0 by themselves.
   */
  @Test
  void sigmoidLossesHaveAGradientAtLogitsOfZero() {
    TensorValue zeros = TensorValue.of(Shape.of(2, 2), new float[] {0, 0, -0f, 0});
    TensorValue wanted = TensorValue.of(Shape.of(2, 2), new float[] {1, 0, 0.25f, 1});
    // sigmoid(0) - wanted, each the half of a mean
    assertThat(gradient(Objective.binaryCrossEntropy(), zeros, wanted))
        .containsExactly(new float[] {-0.25f, 0.25f, 0.125f, -0.25f}, within(1e-6f));
    // with what is missing, 1/2, to the square: (sigmoid(0) - wanted) / 4, and by the product rule
    // log(2) times the factor's own -2 (1/2) (2 wanted - 1) / 4; half of that
    float sure = (float) (-1 / 8.0 - Math.log(2) / 4) / 2;
    float unsure = (float) (1 / 16.0 + Math.log(2) / 8) / 2;
    assertThat(gradient(Objective.binaryFocal(), zeros, wanted))
        .containsExactly(new float[] {sure, -sure, unsure, sure}, within(1e-6f));
  }

  private static TensorRef loss(Objective objective, HeadTensors head) {
    return objective.loss(new Losses(head));
  }

  private static float[] gradient(Objective objective, TensorValue logits, TensorValue targets) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", logits.dtype().proto(), Shape.unknown());
    TensorRef y = editor.placeholder("y", targets.dtype().proto(), Shape.unknown());
    TensorRef loss = loss(objective, new HeadTensors(new Scope(editor, "g"), x, y, 2));
    GradientGraph gradients =
        Differentiator.gradients(editor.build(), List.of(loss), List.of(), List.of(x));
    TensorRef gradient = Gradients.numbers(gradients.gradients().get(x));
    try (GraphSession session = runtime.session(gradients.graph())) {
      return session
          .run(Map.of(x, logits, y, targets), List.of(gradient), List.of())
          .get(0)
          .floats();
    }
  }
}
