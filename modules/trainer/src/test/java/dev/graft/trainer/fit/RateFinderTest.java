package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.optimizer.Optimizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RateFinderTest {

  @Test
  void aRateIsFoundWhereTheLossFallsFastest() {
    List<RateCurve.Point> made = new ArrayList<>();
    for (int i = 0; i < 60; i++) { // falls from 20 to 40, most steeply in the middle
      double loss = 1 - 0.5 / (1 + Math.exp(-(i - 30) / 2.0)) + (i > 45 ? (i - 45) * 0.2 : 0);
      made.add(new RateCurve.Point(Math.pow(10, -6 + 0.1 * i), loss, loss));
    }
    assertThat(RateFinder.suggestion(made)).hasValueCloseTo(1e-3, within(1e-9));
  }

  @Test
  void ratesAreTriedOnAModel() {
    FineTune plain = FineTune.top().share(1).optimizer(Optimizer.sgd()).batch(12);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      RateCurve curve = find(runtime, SmallTraining.recipe(1).then(plain));
      assertThat(curve.points()).hasSizeBetween(10, RateFinder.STEPS);
      curve.suggestion().ifPresent(rate -> assertThat(rate).isBetween(1e-6, 1.0));
      assertThatThrownBy(() -> find(runtime, Recipe.headOnly()))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("nothing step by step");
    }
  }

  /** A head that learns in steps does so at its own rate, before. */
  @Test
  void theRateOfFineTuningIsFoundBehindAHeadThatLearnsInSteps(@TempDir Path folder) {
    Recipe recipe = SmallTraining.recipe(1);
    recipe = recipe.head(recipe.head().steps(FineTune.head().epochs(1)));
    Recipe headOnly = Recipe.headOnly().head(recipe.head());
    List<String> decisions = new ArrayList<>();
    TrainingListener listening = SmallTraining.noting(decisions);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      assertThat(
              find(
                      runtime,
                      SmallTraining.HIDDEN,
                      TrainOptions.by(recipe).checkpoints(Checkpoints.in(folder)))
                  .ofHeads())
          .isFalse();
      assertThat(folder).isEmptyDirectory();
      assertThat(
              find(runtime, SmallTraining.HIDDEN, SmallTraining.options(recipe, listening))
                  .ofHeads())
          .isFalse();
      assertThat(decisions).anyMatch(sentence -> sentence.startsWith("training head "));
      assertThat(
              find(runtime, SmallTraining.HIDDEN, SmallTraining.options(headOnly, listening))
                  .ofHeads())
          .isTrue();
    }
  }

  private static RateCurve find(TensorFlowRuntime runtime, Recipe recipe) {
    return find(runtime, SmallTraining.MODEL, TrainOptions.by(recipe));
  }

  private static RateCurve find(TensorFlowRuntime runtime, Model model, TrainOptions options) {
    Computing exactly = Computing.exactly(runtime);
    return Trainer.findRate(exactly, model, SmallTraining.BLOCKS, SmallTraining.parts(), options);
  }

  /** As that of the cosine is. */
  @Test
  void aLossMayBeBelowZero() {
    assertThat(RateFinder.ranAway(-0.6, -0.6)).isFalse();
    assertThat(RateFinder.ranAway(0.7, -0.6)).isTrue();
    assertThat(RateFinder.ranAway(2.9, 1)).isFalse();
    assertThat(RateFinder.ranAway(3.1, 1)).isTrue();
    RateCurve curve =
        new RateCurve(
            ImmutableList.of(
                new RateCurve.Point(1e-5, -0.5, -0.5), new RateCurve.Point(1e-4, -0.75, -0.75)),
            OptionalDouble.empty(),
            false);
    assertThat(curve.fall()).isEqualTo(0.5);
  }

  /** Losses that vary by a third around 1, and fall by {@code fall} at the higher rates. */
  private static List<RateCurve.Point> noisy(long seed, double fall) {
    Random random = new Random(seed);
    List<RateCurve.Point> points = new ArrayList<>();
    double mean = 0;
    for (int i = 0; i < 100; i++) {
      double learned = fall / (1 + Math.exp(-(i - 75) / 3.0));
      double loss = Math.max(0.01, 1 - learned + 0.3 * random.nextGaussian());
      mean = 0.9 * mean + 0.1 * loss;
      double rate = 1e-7 * Math.pow(1e7, i / 99.0);
      points.add(new RateCurve.Point(rate, loss, mean / (1 - Math.pow(0.9, i + 1))));
    }
    return points;
  }

  @Test
  void whatDiffersFromBatchToBatchSuggestsNoRate() {
    int suggested = 0;
    for (int seed = 0; seed < 200; seed++) {
      suggested += RateFinder.suggestion(noisy(seed, 0)).isPresent() ? 1 : 0;
      assertThat(RateFinder.suggestion(noisy(seed, 0.85)).orElseThrow())
          .as("seed %d", seed)
          .isBetween(1e-3, 0.5); // the fall is at 2e-2, and the mean comes after it
    }
    assertThat(suggested).isLessThan(5);
  }
}
