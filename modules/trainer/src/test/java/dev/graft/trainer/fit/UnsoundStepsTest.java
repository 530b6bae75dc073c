package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.error.FailedCheckException;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.internal.features.Features;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.task.Order;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.optimizer.LayerRates;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.trainer.score.Evaluator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Steps that cannot be taken say why and change nothing; settings that make no sense are refused.
 */
class UnsoundStepsTest extends FineTuneFixture {
  @Test
  void aWeightWithoutANumberNamesItsLayer() {
    String name = "block_1_project/kernel";
    double[] start = start(name);
    float[] broken = new float[start.length];
    for (int i = 0; i < broken.length; i++) {
      broken[i] = (float) start[i];
    }
    broken[7] = Float.NaN;
    List<Variable> variables = new ArrayList<>();
    for (Variable variable : MODEL.variables()) {
      variables.add(
          variable.name().equals(name)
              ? variable.source(new VariableSource.Given(TensorValue.of(variable.shape(), broken)))
              : variable);
    }
    Model model = MODEL.toBuilder().variables(variables).build();
    Stage stage = // so that it is frozen
        stage(PLAIN.stretch(Plans.of(MODEL, Where.parse("stem_bn")).stretches().get(0)));
    try (TrainingLoop loop = Loops.open(runtime, model, stage, PARTS.train(), PARTS.validation())) {
      Map<String, TensorValue> before = loop.state().values();
      assertThatThrownBy(() -> loop.step(0.01))
          .isInstanceOf(FailedCheckException.class)
          .hasMessageContainingAll("step 1", "layer 'block_1_project'", "node");
      loop.state()
          .values()
          .forEach(
              (each, value) ->
                  assertThat(value.asDoubles()).as(each).isEqualTo(before.get(each).asDoubles()));
    }
  }

  @Test
  void aStepWithoutANumberLeavesTheMovingStatistics() {
    Dataset all = SmallTraining.examples();
    TensorValue x = all.all().named().get("x");
    float[] pixels = x.floats();
    Arrays.fill(pixels, 192 * 4, 192 * 5, 3e38f); // numbers, but the sum of two is none
    Dataset train =
        Dataset.of(
            Map.of("x", TensorValue.of(x.shape(), pixels)),
            all.answers().values().iterator().next());
    Stage stage = stage(PLAIN.share(1).batch(60).batchNorm(FineTune.BatchNorm.TRAINING));
    try (TrainingLoop loop = Loops.open(runtime, MODEL, stage, train, PARTS.validation())) {
      Map<String, TensorValue> before = loop.state().values();
      assertThat(before.keySet()).anyMatch(name -> name.endsWith("moving_variance"));
      assertThatThrownBy(() -> loop.step(0.01))
          .isInstanceOf(FailedCheckException.class)
          .hasMessageContainingAll("step 1", "layer 'stem',");
      loop.state()
          .values()
          .forEach(
              (each, value) ->
                  assertThat(value.asDoubles()).as(each).isEqualTo(before.get(each).asDoubles()));
    }
  }

  @Test
  void runsOfOneExampleAreSeen() {
    assertThat(new Order(36, 12, 0).smallest(5)).isEqualTo(2);
    assertThat(new Order(36, 11, 0).smallest(5)).isEqualTo(1); // 5, 5 and 1
    assertThat(new Order(36, 7, 0).smallest(Integer.MAX_VALUE)).isEqualTo(1); // the last batch
    assertThat(new Order(3, 16, 0).smallest(2)).isEqualTo(1);
    assertThat(new Order(4, 16, 0).smallest(2)).isEqualTo(2);
    Order whole = new Order(4, Integer.MAX_VALUE, 0);
    assertThat(whole.batches()).isEqualTo(1);
    assertThat(whole.batch(1)).hasSize(4);
    FineTune settings =
        PLAIN.batch(11).microBatch(5).batchNorm(FineTune.BatchNorm.TRAINING).epochs(1);
    assertThatThrownBy(() -> fit(MODEL, PARTS, settings))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("batches of 5 make a batch of one example");
  }

  @Test
  void anExampleWithoutANumberIsNamed() {
    Dataset all = SmallTraining.examples();
    TensorValue x = all.all().named().get("x");
    float[] pixels = x.floats();
    pixels[192 * 40 + 5] = Float.NaN;
    Dataset broken =
        Dataset.of(
            Map.of("x", TensorValue.of(x.shape(), pixels)),
            all.answers().values().iterator().next());
    int[] rows = java.util.stream.IntStream.range(0, 60).toArray();
    Parts parts = new Parts(broken.subset(rows), PARTS.validation(), PARTS.test());
    for (Recipe recipe : List.of(Recipe.headOnly(), SmallTraining.recipe(1).then(PLAIN))) {
      assertThatThrownBy(() -> Trainer.fit(runtime, MODEL, BLOCKS, parts, TrainOptions.by(recipe)))
          .isInstanceOf(BadDataException.class)
          .hasMessageContainingAll("40", "NaN", "correct the example");
    }
    try (TrainingLoop loop = loop(PLAIN.batch(60), parts.train())) {
      assertThatThrownBy(() -> loop.step(0.1))
          .isInstanceOf(BadDataException.class)
          .hasMessageContainingAll("40", "NaN", "correct the example");
    }
  }

  @Test
  void microBatchesAreNotCountedAsSteps() {
    FineTune settings = PLAIN.microBatch(4); // three runs a step
    try (TrainingLoop loop = loop(settings, PARTS.train())) {
      List<Double> taken = new ArrayList<>();
      assertThatThrownBy(
              () -> {
                while (taken.size() < 20) {
                  taken.add(loop.step(taken.size() < 6 ? 0.01 : 1e30));
                }
              })
          .isInstanceOfSatisfying(
              FailedCheckException.class,
              e ->
                  assertThat(e)
                      .hasMessageContaining("not finite at step " + (taken.size() + 1) + ","));
      assertThat(taken).hasSizeGreaterThan(6);
    }
  }

  @Test
  void aMetricThatThereIsNotIsRefusedBeforeAnythingRuns() {
    List<Progress> progress = new ArrayList<>();
    TrainingListener watcher = TrainingListener.to(Progress.class, made -> progress.add(made));
    assertThatThrownBy(() -> fit(MODEL, PARTS, PLAIN.stop(EarlyStop.on("f2", 3)), watcher))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining(
            "no metric 'f2'; there are loss and [accuracy, precision, recall, f1, kappa, auc]");
    assertThat(progress).isEmpty();
  }

  @Test
  void aPatternThatIsNoneIsRefusedWhereItIsGiven() {
    assertThatThrownBy(() -> LayerRates.even().with("block_[", 0.5))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("layer rates", "'block_['", "Unclosed", "Pattern.quote");
    assertThatThrownBy(() -> Optimizer.WeightDecay.of(0.1).except("beta", "gamma("))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("weight decay", "'gamma('", "Unclosed", "Pattern.quote");
  }

  /** It may be all that fits in memory. */
  @Test
  void aBareStepFeedsNoMoreThanAMicroBatch() {
    Dataset all = SmallTraining.examples();
    float[] pixels = all.all().named().get("x").floats();
    pixels[192 * new Order(60, 12, 1).batch(0)[4]] = Float.NaN; // in the second run of the step
    Dataset broken =
        all.withInputs(Map.of("x", RowTable.of(TensorValue.of(Shape.of(60, 8, 8, 3), pixels))));
    try (TrainingLoop loop = loop(PLAIN.microBatch(4), broken)) {
      loop.session().bareStep(0.01).run();
      assertThatThrownBy(() -> loop.step(0.01)).isInstanceOf(BadDataException.class);
    }
  }

  /** Else a loop whose batches wait on the device is held against one that has to copy them. */
  @ParameterizedTest
  @ValueSource(strings = {"staged", "resident"})
  void aBareStepGetsItsBatchAsTheLoopDoes(String feed) {
    Dataset all = SmallTraining.examples();
    RowTable rows = RowTable.of(all.all().named().get("x"));
    AtomicInteger read = new AtomicInteger();
    RowTable counting = SmallTraining.watched(rows, numbers -> read.addAndGet(numbers.length));
    Dataset counted = all.withInputs(Map.of("x", counting));
    try (TrainingLoop loop = Feeds.by(feed, () -> loop(PLAIN, counted));
        TrainingLoop plain = loop(PLAIN, all)) {
      int opened = read.getAndSet(0);
      Runnable bare = loop.session().bareStep(0);
      bare.run();
      bare.run();
      if (feed.equals("resident")) { // the device has them all since it was opened
        assertThat(opened).isGreaterThanOrEqualTo(all.size());
        assertThat(read.get()).isZero();
      } else {
        assertThat(read.get()).as("more than a batch by hand").isGreaterThan(12);
      }
      assertThat(loop.step(0.01)).as("the loop's own").isEqualTo(plain.step(0.01));
      bare.run();
      assertThat(loop.step(0.01)).isEqualTo(plain.step(0.01));
    }
  }

  @Test
  void anyNumberIsBetterThanNone() {
    Evaluation score = Evaluator.evaluate(runtime, MODEL, PARTS.validation());
    for (String metric : List.of("loss", "accuracy", "a/rmse")) {
      assertThat(score.isBetter(metric, 5, Double.NaN)).as(metric).isTrue();
      assertThat(score.isBetter(metric, Double.NaN, 5)).as(metric).isFalse();
      assertThat(score.isBetter(metric, Double.NaN, Double.NaN)).as(metric).isFalse();
    }
  }

  /** That nothing stays open {@code NoLeaks} sees. */
  @Test
  void aSessionInWhichNothingCanBePreparedIsClosed() {
    String none = MODEL.heads().get(0).logits().node() + ":9";
    Dataset odd =
        PARTS
            .train()
            .withInputs(
                Map.of(
                    "x",
                    PARTS.train().input("x"),
                    none,
                    RowTable.of(TensorValue.of(Shape.of(PARTS.train().size()), new float[36]))));
    InputBinding entry = InputBinding.of(MODEL, odd);
    Pace pace =
        new Pace(Watch.of(event -> {}, () -> {}), Progress.Phase.FEATURES, "examples", 36, 1);
    try (Features features =
        new Features(runtime, MODEL, entry, List.of(MODEL.heads().get(0).features()), odd.size())) {
      assertThatThrownBy(() -> features.of(odd, pace))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("there is no " + none);
    }
    assertThatThrownBy(() -> Loops.open(runtime, MODEL, stage(PLAIN), odd, odd))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("there is no " + none);
  }
}
