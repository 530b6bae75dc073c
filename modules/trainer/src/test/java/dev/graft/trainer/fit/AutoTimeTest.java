package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Parts;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.task.Timing;
import dev.graft.trainer.loss.Objectives;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a recipe is chosen by the time that it takes; what takes time is made up but in the last. */
class AutoTimeTest {

  private static final Parts FEW = SmallTraining.parts();
  private static final Parts PARTS = // 60 and 12 examples
      new Parts(SmallTraining.examples(), FEW.validation(), FEW.test());
  private static final Recipe AUTO =
      Recipe.auto().head(SmallTraining.recipe(1).head()).each(each -> each.epochs(4).batch(12));

  private static final Recipe HEAD = Recipe.headOnly();

  /** A second for the features of an example, and one for what is fed with the example. */
  private static double aSecondEach(Collection<TensorRef> from, Collection<TensorRef> to) {
    return to.isEmpty() ? 0 : 1;
  }

  private static double never(Collection<TensorRef> from, Collection<TensorRef> to) {
    throw new AssertionError("nothing is measured");
  }

  private static Plan plan(Recipe recipe, Optional<Duration> given, Timing.Clock clock) {
    return plan(recipe, given, clock, 0);
  }

  /** With features of so many examples kept. */
  private static Plan plan(Recipe recipe, Optional<Duration> given, Timing.Clock clock, int kept) {
    return plan(PARTS, recipe, new Timing(given, Optional.empty(), 16, clock, any -> kept));
  }

  private static Plan plan(Parts parts, Recipe recipe, Timing timing) {
    return PlanTest.plan(SmallTraining.MODEL, parts, recipe, PlanTest.ENOUGH, timing);
  }

  @Test
  void whatIsChosenSaysHowLongItTakes() {
    int validation = FEW.validation().size();
    int features = 60 + validation;
    int steps = 4 * (3 * 60 + validation);
    Plan plan = plan(AUTO, Optional.empty(), AutoTimeTest::aSecondEach);
    assertThat(plan.recipe().name()).isEqualTo("head then top");
    assertThat(plan.reasons().get(1))
        .isEqualTo(
            "features of "
                + features
                + " examples take about "
                + features
                + " s where none are kept, all epochs about "
                + Math.round(steps / 60.0)
                + " min, and the head comes on top; measured with 16 examples");
  }

  @Test
  void lessIsTrainedWhereThereIsNoTime() {
    Optional<Duration> brief = Optional.of(Duration.ofMinutes(5));
    Plan head = plan(AUTO, brief, AutoTimeTest::aSecondEach);
    assertThat(head.recipe().name()).isEqualTo("head");
    assertThat(head.stages()).isEmpty();
    assertThat(head.reasons().get(0))
        .isEqualTo(
            "recipe 'head', since fine-tuning the last fifth of the blocks would take about 14 min"
                + " here where none of its features are kept, and it is to keep to 5 min in all");
    assertThat(head.reasons())
        .anyMatch(reason -> reason.matches("features of .*comes on top; measured with 16 examples"))
        .noneMatch(reason -> reason.contains("epochs about"));
    Plan half = plan(AUTO, Optional.of(Duration.ofMinutes(8)), AutoTimeTest::aSecondEach);
    assertThat(half.recipe().name()).isEqualTo("head then top"); // with some of its epochs
  }

  /** What is kept takes no time, so that a larger recipe has it. */
  @Test
  void keptFeaturesLeaveTimeForMore() {
    Optional<Duration> brief =
        Optional.of(Duration.ofSeconds(440)); // 72 for features, 384 for half of the epochs
    int all = 72;
    Plan none = plan(AUTO, brief, AutoTimeTest::aSecondEach);
    assertThat(none.recipe().name()).isEqualTo("head");
    Plan some = plan(AUTO, brief, AutoTimeTest::aSecondEach, 20);
    assertThat(some.recipe().name()).isEqualTo("head then top");
    assertThat(some.reasons().get(1))
        .startsWith("features of 52 examples take about 52 s, those of 20 are kept, all epochs");
    Plan kept = plan(AUTO, brief, AutoTimeTest::aSecondEach, all);
    assertThat(kept.reasons().get(1))
        .startsWith("features of all 72 examples are kept, all epochs take about 13 min");
    Plan head = plan(AUTO, Optional.of(Duration.ofMinutes(5)), AutoTimeTest::aSecondEach, all);
    assertThat(head.reasons().get(0))
        .contains("would take about 13 min here where features of 72 of 72 examples are kept");
    assertThat(head.reasons())
        .contains("features of all 72 examples are kept, and the head comes on top");
  }

  @Test
  void whatCannotKeepToItsTimeSaysSoBefore() {
    String features = "features alone take longer than the 60 s that all is to keep to";
    Optional<Duration> minute = Optional.of(Duration.ofMinutes(1));
    assertThat(plan(AUTO, minute, AutoTimeTest::aSecondEach).reasons())
        .anyMatch(reason -> reason.startsWith(features));
    assertThat(plan(Recipe.full(), minute, AutoTimeTest::aSecondEach).reasons())
        .anyMatch(reason -> reason.startsWith(features));
    assertThat(plan(AUTO, minute, AutoTimeTest::aSecondEach, 30).reasons())
        .noneMatch(reason -> reason.contains("take longer"));
    Optional<Duration> brief = Optional.of(Duration.ofSeconds(100)); // 72 and an epoch of 192
    Timing timing = new Timing(brief, Optional.empty(), 16, AutoTimeTest::aSecondEach, any -> 0);
    Plan steps = PlanTest.plan(SmallTraining.HIDDEN, PARTS, HEAD, PlanTest.ENOUGH, timing);
    assertThat(steps.reasons())
        .anyMatch(
            reason ->
                reason.startsWith(
                    "features and an epoch of the head take longer than the 2 min that all is to"
                        + " keep to"));
  }

  @Test
  void aNamedRecipeStaysAndSaysHowLongItTakes() {
    Optional<Duration> minute = Optional.of(Duration.ofMinutes(1));
    Plan full = plan(Recipe.full(), minute, AutoTimeTest::aSecondEach);
    assertThat(full.recipe().name()).isEqualTo("full");
    assertThat(full.reasons()).anyMatch(reason -> reason.endsWith("measured with 16 examples"));
    Plan untimed = plan(Recipe.full(), Optional.empty(), AutoTimeTest::never);
    assertThat(untimed.reasons()).noneMatch(reason -> reason.contains("measured"));
  }

  @Test
  void fewExamplesAreNotMeasured() {
    Timing timing =
        new Timing(Optional.empty(), Optional.empty(), 16, AutoTimeTest::never, any -> 0);
    assertThat(plan(FEW, AUTO, timing).recipe().name()).isEqualTo("head");
  }

  @Test
  void whatCannotBeMeasuredIsChosenByTheExamplesAlone() {
    Plan plan = plan(AUTO, Optional.of(Duration.ofSeconds(1)), (from, to) -> Double.NaN);
    assertThat(plan.recipe().name()).isEqualTo("head then top");
    assertThat(plan.reasons()).noneMatch(reason -> reason.contains("measured"));
  }

  @Test
  void whatGoesOnKeepsItsRecipe() {
    Duration second = Duration.ofSeconds(1);
    for (Duration time : new Duration[] {second, Duration.ofHours(8)}) {
      Plan begun = plan(AUTO, Optional.of(time), AutoTimeTest::aSecondEach);
      String recipe = begun.identity().recipe();
      Timing on =
          new Timing(Optional.of(second), Optional.of(recipe), 16, AutoTimeTest::never, any -> 0);
      assertThat(plan(PARTS, AUTO, on).identity().recipe()).isEqualTo(recipe);
    }
    Timing other =
        new Timing(Optional.of(second), Optional.of("other"), 16, AutoTimeTest::never, any -> 0);
    assertThat(plan(PARTS, AUTO, other).recipe().name()).isEqualTo("head then top");
  }

  @Test
  void theLastFifthComesAfterAllAndThenTheHead() {
    Task task = Task.of(SmallTraining.MODEL, PARTS.train(), Objectives.usual());
    FineTune settings = AUTO.fineTunes().get(0);
    AutoRecipe.Choice full =
        new AutoRecipe.Choice(
            Recipe.full().then(settings, settings.share(1)), ImmutableList.of("many"));
    AutoRecipe.Choice top = AutoRecipe.faster(full, AUTO, task, "slow").orElseThrow();
    assertThat(top.recipe().name()).isEqualTo("head then top");
    assertThat(top.recipe().fineTunes()).containsExactly(settings);
    AutoRecipe.Choice head = AutoRecipe.faster(top, AUTO, task, "slow").orElseThrow();
    assertThat(head.recipe().name()).isEqualTo("head");
    assertThat(AutoRecipe.faster(head, AUTO, task, "slow")).isEmpty();
    assertThat(AutoRecipe.faster(full, Recipe.full(), task, "slow")).isEmpty();
    String why =
        new AutoRecipe.Estimate(60, 7200, 0, 72, 0).tooLong(full.recipe(), Duration.ofHours(1));
    assertThat(why)
        .isEqualTo(
            "the recipe 'full' would take about 2.0 h here where none of its features are kept, and it is to keep to 60 min in all");
  }

  @Test
  void aMeasuredTrainingKeepsToItsTimeAndGoesOnAsItWasBegun(@TempDir Path dir) {
    TrainOptions options = TrainOptions.by(AUTO).checkpoints(Checkpoints.in(dir));
    TrainOptions timed = options.time(Duration.ofNanos(1));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Run head = Trainer.fit(runtime, SmallTraining.MODEL, SmallTraining.BLOCKS, PARTS, timed);
      assertThat(head.recipe().name()).isEqualTo("head");
      assertThat(head.decisions().get(0)).contains("would take about", "to keep to 1 s in all");
      assertThat(head.decisions().get(1)).startsWith("epochs, rate and the like");
      assertThat(head.decisions().get(2)).endsWith("measured with 12 examples");
      Run again = Trainer.fit(runtime, SmallTraining.MODEL, SmallTraining.BLOCKS, PARTS, options);
      assertThat(again.recipe()).isEqualTo(head.recipe());
      assertThat(again.decisions()).anyMatch(words -> words.startsWith("goes on from"));
    }
  }
}
