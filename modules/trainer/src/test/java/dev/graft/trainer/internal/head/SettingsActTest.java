package dev.graft.trainer.internal.head;

import static dev.graft.trainer.SmallTraining.BLOCKS;
import static dev.graft.trainer.SmallTraining.MODEL;
import static dev.graft.trainer.SmallTraining.PLAIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Parts;
import dev.graft.error.BadRequestException;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.fit.AutoRecipe;
import dev.graft.trainer.fit.Trainer;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.optimizer.LayerRates;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.trainer.score.Evaluator;
import dev.graft.trainer.score.Predictor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is said of a training acts, or is refused. */
@Tag("slow")
class SettingsActTest {

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

  private static Run fit(Recipe recipe, TrainingListener... listeners) {
    return Trainer.fit(runtime, MODEL, BLOCKS, PARTS, SmallTraining.options(recipe, listeners));
  }

  /** How many units each report of a phase is about. */
  private static final class Units implements TrainingListener {
    private final List<Progress> all = new ArrayList<>();

    @Override
    public void on(TrainingEvent event) {
      if (event instanceof Progress progress) {
        all.add(progress);
      }
    }

    long most(Progress.Phase phase) {
      long before = 0;
      long most = 0;
      for (Progress progress : all) {
        if (progress.phase() == phase && progress.unit().equals("examples")) {
          most = Math.max(most, progress.done() - before);
          before = progress.done();
        }
      }
      return most;
    }
  }

  /** Else a model whose 16 examples do not fit in memory fails before its first step. */
  @Test
  void batchAndMicroBatchReachFeaturesAndScores() {
    Recipe small = SmallTraining.recipe(1);
    for (Recipe recipe :
        List.of(
            small.each(each -> each.microBatch(6)),
            small.each(each -> each.batch(6)),
            Recipe.headOnly().head(small.head().steps(FineTune.head().microBatch(6))),
            Recipe.auto().head(small.head()).each(each -> each.microBatch(6)))) {
      Units units = new Units();
      Run run = fit(recipe, units);
      assertThat(units.most(Progress.Phase.FEATURES)).isEqualTo(6);
      Units scored = new Units();
      Evaluation test =
          Evaluator.evaluate(
              runtime, run.model(), PARTS.test(), SmallTraining.options(run.recipe(), scored));
      assertThat(scored.most(Progress.Phase.EVALUATE)).isEqualTo(6);
      Units usual = new Units();
      Evaluation same =
          Evaluator.evaluate(
              runtime, run.model(), PARTS.test(), SmallTraining.options(Recipe.headOnly(), usual));
      assertThat(usual.most(Progress.Phase.EVALUATE)).isEqualTo(12); // all there are, below 16
      assertThat(test.metrics()).isEqualTo(same.metrics());
    }
    Units units = new Units();
    fit(small.each(each -> each.batch(64)), units);
    assertThat(units.most(Progress.Phase.FEATURES)).isEqualTo(16);
  }

  @Test
  void ofAutoNothingIsLeftToChooseOnceItIsSaidWhatTrains() {
    Recipe small = Recipe.auto().head(SmallTraining.recipe(1).head());
    Recipe along = small.along(Plans.of(MODEL, Where.parse("stem_bn")));
    assertThat(along.name()).isEqualTo("custom");
    assertThat(fit(along.each(each -> each.epochs(1))).decisions())
        .anyMatch(sentence -> sentence.startsWith("fine-tuning 2 layers from stem_bn/gamma on"));
    Recipe two = small.then(PLAIN, PLAIN.share(0.01));
    assertThat(fit(two).decisions())
        .filteredOn(sentence -> sentence.matches("fine-tuning .*kept, .*"))
        .hasSize(2);
    Recipe none = small.along(Plans.headOnly());
    assertThat(fit(none).decisions()).noneMatch(sentence -> sentence.startsWith("fine-tuning "));
    FineTune named = along.fineTunes().get(0);
    assertThatThrownBy(() -> small.each(each -> each.stretch(named.stretch().orElseThrow())))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("'auto' chooses by itself");
  }

  @Test
  void whatIsAskedForTwiceIsDoneTwice() {
    Recipe twice = SmallTraining.recipe(1).then(PLAIN, PLAIN);
    assertThat(fit(twice).decisions())
        .filteredOn(sentence -> sentence.matches("fine-tuning .*kept, .*"))
        .hasSize(2);
  }

  @Test
  void aNameThatNothingHasIsRefused() {
    Recipe small = SmallTraining.recipe(1);
    assertThatThrownBy(() -> fit(small.then(PLAIN.rates(LayerRates.even().with("stemm", 0.5)))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("layer rates", "'stemm'", "no variable's name", "an inspection");
    Optimizer decayed =
        Optimizer.sgd().decay(Optimizer.WeightDecay.of(0.1).except("beta", "LayerNorm"));
    assertThatThrownBy(() -> fit(small.then(PLAIN.optimizer(decayed))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("weight decay", "'LayerNorm'");
  }

  @Test
  void theSolverBoundsWhatItKeepsOfExamplesToo() {
    assertThat(HeadSolver.heads(10, 5)).isGreaterThan(5_000);
    assertThat(HeadSolver.heads(1280, 1000)).isEqualTo(3);
    RowTable row = RowTable.of(TensorValue.of(Shape.of(1, 1280), new float[1280]));
    FeatureSlices many = new FeatureSlices(row, 1_000_000);
    assertThat(HeadSolver.examples(many, 10)).isEqualTo(many.rows()).isLessThan(20_000);
    assertThat(HeadSolver.examples(many, 3000)).isEqualTo(1333);
    assertThat(HeadSolver.examples(new FeatureSlices(row, 100), 10)).isEqualTo(100);
  }

  @Test
  void aSingleExampleOfALabelLeavesTheOthersToBeHeldBack() {
    int[] labels = {0, 0, 0, 0, 1, 1, 1, 2};
    int[] groups = {0, 1, 2, 2, 4, 5, 6, 7};
    Folds folds = Folds.of(labels, groups, 5, 1);
    assertThat(folds.count()).isEqualTo(3); // of label 0 there are three different ones
    assertThat(folds.rare()).containsExactly(2);
    int held = 0;
    for (int k = 0; k < folds.count(); k++) {
      boolean[] back = folds.heldBack(k);
      assertThat(back[7]).isFalse();
      assertThat(back[2]).as("equal ones stay together").isEqualTo(back[3]);
      held += com.google.common.primitives.Booleans.countTrue(back);
    }
    assertThat(held).isEqualTo(7);
    assertThat(Folds.of(new int[] {0, 1}, new int[] {0, 1}, 5, 1).count()).isZero();
    assertThat(Folds.of(new int[] {0, 0, 1}, new int[] {0, 0, 2}, 5, 1).count()).isZero();

    Parts few = new Parts(PARTS.train().subset(rowsWithOneOf(2)), PARTS.validation(), PARTS.test());
    Run run =
        Trainer.fit(runtime, MODEL, Plans.headOnly(), few, TrainOptions.by(Recipe.headOnly()));
    assertThat(run.decisions().get(0))
        .contains("had the smallest loss in cross-validation")
        .contains("'bright'", "learned from only");
  }

  private static int[] rowsWithOneOf(int label) {
    List<Integer> rows = new ArrayList<>();
    boolean seen = false;
    for (int i = 0; i < PARTS.train().size(); i++) {
      if (PARTS.train().label(i) != label || !seen) {
        rows.add(i);
        seen |= PARTS.train().label(i) == label;
      }
    }
    return rows.stream().collect(Collectors.toList()).stream().mapToInt(i -> i).toArray();
  }

  @Test
  void predictionsAreComputedAsManyAtOnceAsTheRecipeHas() {
    Units units = new Units();
    Recipe small = Recipe.headThenTop().each(each -> each.microBatch(5));
    Predictor.predict(runtime, MODEL, PARTS.test(), SmallTraining.options(small, units));
    assertThat(units.most(Progress.Phase.EVALUATE)).isEqualTo(5);
  }

  /** Steps of a head that is solved at once. */
  @Test
  void whatIsSaidOfAHeadsStepsIsRefusedWhereItTakesNone() {
    FineTune steps = FineTune.head();
    for (FineTune said :
        List.of(
            steps.epochs(3),
            steps.rate(0.5),
            steps.batch(4),
            steps.patience(4),
            steps.optimizer(Optimizer.sgd()))) {
      Recipe head = Recipe.headOnly().head(Recipe.HeadSettings.defaults().steps(said));
      assertThatThrownBy(() -> fit(head))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContainingAll("is solved at once", "leave them out");
    }
    Recipe top = SmallTraining.recipe(1);
    assertThatThrownBy(() -> fit(top.head(top.head().steps(steps.epochs(3)))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("is solved at once");
    fit(top.head(top.head().steps(steps.optimizer(Optimizer.sgd())))); // as the stretch has it
  }

  /** The head alone is what auto takes for so few. */
  @Test
  void autoKeepsTheMetricAndSaysWhereItHasNothingToDecide() {
    Recipe auto = Recipe.auto().head(SmallTraining.recipe(1).head());
    Task task = Task.of(MODEL, PARTS.train(), Objectives.usual());
    AutoRecipe.Choice named =
        AutoRecipe.resolve(
            auto.each(each -> each.stop(EarlyStop.on("f1", 3))), task, BLOCKS, PARTS.train());
    assertThat(named.recipe().name()).isEqualTo("head");
    assertThat(named.recipe().metric()).contains("f1");
    assertThat(fit(auto.keepBy("f1")).decisions())
        .anyMatch(each -> each.startsWith("the metric 'f1' has nothing to decide"))
        .noneMatch(each -> each.startsWith("epochs, rate and the like"))
        .anyMatch(each -> each.matches("head alone: .* right .*, f1 0\\.\\d+"));
    assertThat(fit(auto.each(each -> each.batch(8))).decisions())
        .noneMatch(each -> each.startsWith("epochs, rate and the like"));
    assertThat(fit(auto.each(each -> each.patience(8))).decisions())
        .anyMatch(each -> each.startsWith("epochs, rate and the like"));
  }

  @Test
  void featuresHaveTheShareOfMemoryThatTheyAreGiven() {
    RuntimeOptions none =
        RuntimeOptions.defaults().features(new RuntimeOptions.Features(0, Optional.empty()));
    try (TensorFlowRuntime narrow = TensorFlowRuntime.open(none)) {
      TrainOptions head = TrainOptions.by(Recipe.headOnly());
      assertThat(Trainer.fit(narrow, MODEL, BLOCKS, PARTS, head).decisions())
          .anyMatch(
              each ->
                  each.contains("what they may take of Java's memory (0 MB)")
                      && each.contains("read from a file"));
    }
  }
}
