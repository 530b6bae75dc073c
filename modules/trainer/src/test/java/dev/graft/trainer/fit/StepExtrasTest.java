package dev.graft.trainer.fit;

import static dev.graft.trainer.SmallTraining.BLOCKS;
import static dev.graft.trainer.SmallTraining.MODEL;
import static dev.graft.trainer.SmallTraining.PLAIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Doubles;
import dev.graft.data.Parts;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Variable;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.checkpoint.Counters;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.step.StepExtras;
import dev.graft.trainer.internal.step.StepGradients;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.step.UpdateGraph;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.score.Evaluator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What enters a step beside gradients and updates: averages of weights, updates left out. */
class StepExtrasTest {

  private static final Parts PARTS = SmallTraining.parts();

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static TrainingLoop loop(FineTune settings, StepExtras extras) {
    Task task = Task.of(MODEL, PARTS.train(), Objectives.usual());
    Stage stage = Stretches.first(task, BLOCKS, Recipe.headOnly().then(settings));
    CachedFeatures.Part data = new CachedFeatures.Part(PARTS.train(), PARTS.validation());
    return TrainingLoop.open(
        runtime, LoopSetup.of(task, stage, data).with(extras), Optional.empty());
  }

  /** Half of the average so far, half of the weight after each step. */
  private static final class Averages {
    private final Map<String, Variable> byWeight = new HashMap<>();

    UpdateGraph added(UpdateGraph update) {
      GraphEditor editor = update.graph().edit();
      Scope g = new Scope(editor, "average");
      ImmutableList.Builder<Variable> kept = ImmutableList.builder();
      kept.addAll(update.slots());
      ImmutableList.Builder<String> nodes = ImmutableList.builder();
      nodes.addAll(update.nodes());
      for (String name : update.gradients().keySet()) {
        Variable weight = MODEL.variable(name).orElseThrow();
        Variable average = variable(g, weight);
        byWeight.put(name, average);
        kept.add(average);
        TensorRef sum = g.add("AddV2", read(g, average, update), read(g, weight, update));
        nodes.add(
            g.op("AssignVariableOp")
                .input(average.handle())
                .input(g.add("Mul", sum, g.scalarLike(sum, 0.5)))
                .node());
      }
      return new UpdateGraph(
          editor.build(),
          update.gradients(),
          kept.build(),
          nodes.build(),
          update.sums(),
          update.add());
    }

    private static TensorRef read(Scope g, Variable variable, UpdateGraph update) {
      return g.op("ReadVariableOp")
          .attr("dtype", variable.dtype().proto())
          .input(variable.handle())
          .after(update.nodes())
          .output();
    }

    private static Variable variable(Scope g, Variable weight) {
      String node =
          g.op("VarHandleOp")
              .name("average/" + weight.node())
              .attr("dtype", weight.dtype().proto())
              .attr("shape", weight.shape())
              .attr("shared_name", "average/" + weight.node())
              .node();
      return new Variable(
          "average/" + weight.name(),
          node,
          weight.dtype(),
          weight.shape(),
          false,
          Variable.Role.STATE,
          weight.source());
    }

    Variable of(Variable weight) {
      return byWeight.getOrDefault(weight.name(), weight);
    }
  }

  @Test
  void averagesAreScoredAndKeptInThePlaceOfTheWeights() {
    Averages averages = new Averages();
    StepExtras extras = new StepExtras(UnaryOperator.identity(), averages::added, averages::of);
    try (TrainingLoop loop = loop(PLAIN.rate(0.05), extras)) {
      Map<String, double[]> expected = new HashMap<>();
      loop.session().weights().forEach((name, value) -> expected.put(name, value.asDoubles()));
      for (int i = 0; i < 3; i++) {
        loop.step(0.05);
        Map<String, TensorValue> now = loop.state().values();
        for (String name : averages.byWeight.keySet()) {
          double[] weight = now.get(name).asDoubles();
          expected.computeIfPresent(name, (k, old) -> halfway(old, weight));
        }
      }
      Map<String, TensorValue> before = loop.state().values();
      Map<String, TensorValue> kept = loop.session().weights();
      averages.byWeight.forEach(
          (name, average) -> {
            assertThat(kept.get(name).asDoubles())
                .isEqualTo(before.get(average.name()).asDoubles());
            assertThat(kept.get(name).asDoubles())
                .as(name)
                .isNotEqualTo(before.get(name).asDoubles());
            assertThat(kept.get(name).asDoubles())
                .as(name)
                .containsExactly(expected.get(name), within(1e-6));
          });
      Evaluation score = loop.session().score(SmallTraining.NOBODY);
      assertThat(numbers(loop)).as("the weights are what they were").isEqualTo(numbers(before));
      Evaluation own = Evaluator.evaluate(runtime, MODEL.withValues(kept), PARTS.validation());
      assertThat(score.loss()).isCloseTo(own.loss(), within(1e-6));
    }
  }

  static Map<String, List<Double>> numbers(TrainingLoop loop) {
    return numbers(loop.state().values());
  }

  private static Map<String, List<Double>> numbers(Map<String, TensorValue> values) {
    Map<String, List<Double>> all = new HashMap<>();
    values.forEach((name, value) -> all.put(name, Doubles.asList(value.asDoubles())));
    return all;
  }

  private static double[] halfway(double[] a, double[] b) {
    double[] middle = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      middle[i] = (a[i] + b[i]) / 2;
    }
    return middle;
  }

  /** A guard that fails where the rate is no number. */
  static StepGradients guarded(StepGradients gradients) {
    GraphEditor editor = gradients.graph().edit();
    Scope g = new Scope(editor, "guard");
    String guard =
        g.op("CheckNumerics")
            .attr("message", TrainingGraph.LEFT_OUT)
            .input(TensorRef.of("graft/train/rate"))
            .node();
    return gradients.with(editor.build(), gradients.gradients()).guardedBy(guard);
  }

  @ParameterizedTest
  @ValueSource(ints = {12, 5}) // a batch at once, and in three micro-batches
  void anUpdateThatIsLeftOutChangesNothingButWhatWasSeen(int microBatch) {
    StepExtras extras =
        new StepExtras(StepExtrasTest::guarded, UnaryOperator.identity(), UnaryOperator.identity());
    int runs = (12 + microBatch - 1) / microBatch;
    FineTune settings = PLAIN.microBatch(microBatch);
    try (TrainingLoop loop = loop(settings, extras);
        TrainingLoop plain = loop(settings, StepExtras.NONE)) {
      Map<String, List<Double>> before = numbers(loop);
      assertThat(loop.step(Double.POSITIVE_INFINITY)).isNaN();
      assertThat(numbers(loop)).isEqualTo(before);
      assertThat(loop.state().counters()).isEqualTo(new Counters(1, 0, 0, runs));
      assertThat(loop.state().lossCount()).isZero();
      double loss = loop.step(0.01);
      assertThat(loop.state().counters()).isEqualTo(new Counters(2, 1, 1, 2L * runs));
      assertThat(numbers(loop)).isNotEqualTo(before);
      plain.step(0); // sees the same batch and learns nothing of it
      assertThat(plain.step(0.01)).isEqualTo(loss);
    }
  }
}
