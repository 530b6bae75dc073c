package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Batch;
import dev.graft.data.Parts;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.tensor.Shape;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.SmallBoxes;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.cut.KnownShapes;
import dev.graft.trainer.internal.features.Room;
import dev.graft.trainer.internal.mixed.Digits;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.task.Timing;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;

/** What a plan says, made of values that were measured elsewhere: TensorFlow has no part in it. */
class PlanTest {

  private static final Parts PARTS = SmallTraining.parts();
  static final Room ENOUGH = new Room(1 << 30, 1 << 30, Path.of(""));
  private static final Timing UNTIMED =
      new Timing(Optional.empty(), Optional.empty(), 0, (from, to) -> Double.NaN, any -> 0);
  private static final Room NONE = new Room(0, 0, Path.of(""));
  private static final Room DISK = new Room(0, 1 << 30, Path.of(""));

  /** Known of the features before the head alone: a row of 40 numbers for each example. */
  private static Plan plan(Model model, Recipe recipe, Room room) {
    return plan(model, PARTS, recipe, room);
  }

  private static Plan plan(Model model, Parts data, Recipe recipe, Room room) {
    return plan(model, data, recipe, room, UNTIMED);
  }

  static Plan plan(Model model, Parts data, Recipe recipe, Room room, Timing timing) {
    Task task = TrainingPlanner.task(model, data, recipe);
    TensorRef features = model.heads().get(0).features();
    KnownShapes shapes =
        new KnownShapes() {
          @Override
          public Shape shape(TensorRef tensor) {
            return tensor.equals(features) ? Shape.of(Shape.UNKNOWN, 40) : Shape.unknown();
          }

          @Override
          public DataType dtype(TensorRef tensor) {
            return task.inputs().graph().dtype(tensor);
          }
        };
    Frontier frontier = Frontier.of(task.inputs(), features::equals, shapes);
    return TrainingPlanner.plan(
        task,
        new Measured(frontier, room, "here", Digits.ALL, () -> "", timing),
        SmallTraining.BLOCKS,
        data,
        recipe);
  }

  /** A batch that is to be found is not known to fit before that. */
  @Test
  void noMoreThanUsualIsComputedAtOnceWhereABatchIsToBeFound() {
    Recipe recipe = SmallTraining.recipe(2);
    Recipe large =
        recipe
            .each(each -> each.batchUpTo(256))
            .head(recipe.head().steps(recipe.head().steps().batchUpTo(256)));
    assertThat(large.atOnce()).isEqualTo(Batch.SCORED);
    assertThat(large.each(each -> each.batchUpTo(8)).atOnce()).isEqualTo(8);
    assertThat(large.each(each -> each.batch(4)).atOnce()).isEqualTo(4);
  }

  @Test
  void itSaysWhatIsDoneWithWhat() {
    List<String> lines = plan(SmallTraining.MODEL, SmallTraining.recipe(2), ENOUGH).lines();
    assertThat(lines).hasSize(4);
    String head = SmallTraining.MODEL.heads().get(0).name();
    assertThat(lines.get(0)).isEqualTo("recipe 'head then top' for head '" + head + "'");
    assertThat(lines.get(1))
        .isEqualTo("solved at once: head '" + head + "', from features in memory (1 MB)");
    assertThat(lines.get(2))
        .startsWith("1. fine-tuning ")
        .endsWith(": at most 2 epochs of 3 steps with 12 examples, from the examples");
    assertThat(lines.get(3)).startsWith("2. fine-tuning ");
  }

  @Test
  void aHeadOfSeveralLayersIsAStretchOfItsOwn() {
    FineTune steps = FineTune.head().epochs(7).batch(16).microBatch(4);
    Recipe recipe = Recipe.headOnly();
    Plan plan = plan(SmallTraining.HIDDEN, recipe.head(recipe.head().steps(steps)).seed(1), ENOUGH);
    assertThat(plan).hasToString(String.join("\n", plan.lines())); // the lines are all that it says
    assertThat(plan.lines().get(1))
        .startsWith("1. training head '")
        .endsWith(
            "at most 7 epochs of 3 steps with 16 examples, 4 at once, from features in memory"
                + " (1 MB)");
  }

  @Test
  void whereFeaturesGoIsDecidedByTheRoomThatWasMeasured() {
    Recipe recipe = Recipe.headOnly();
    assertThat(plan(SmallTraining.MODEL, recipe, DISK).lines().get(1))
        .endsWith("from features in files (1 MB)");
    assertThat(plan(SmallTraining.MODEL, recipe, DISK).reasons())
        .anyMatch(reason -> reason.contains("so they are read from a file"));
    assertThatThrownBy(() -> plan(SmallTraining.MODEL, recipe, NONE))
        .isInstanceOf(ExhaustedException.class);
    assertThat(plan(SmallTraining.HIDDEN, recipe, NONE).lines().get(1))
        .endsWith("from the examples");
  }

  @Test
  void itsRecipeSaysByWhichLossToScore() {
    Model detector = SmallBoxes.detector(SmallBoxes.head());
    Parts drawn = new Parts(SmallBoxes.drawn(3), SmallBoxes.drawn(2), SmallBoxes.drawn(1));
    Recipe recipe = SmallTraining.recipe(1);
    Plan plan = plan(detector, drawn, recipe, ENOUGH);
    assertThat(plan.recipe().objectives().goals()).isEqualTo(plan.task().goals()).hasSize(1);
    assertThat(plan.identity().recipe()).contains("goals=[]"); // as runs of before know it
  }

  @Test
  void fromTheSameValuesThePlanIsTheSame() {
    Recipe recipe = SmallTraining.recipe(2);
    Plan one = plan(SmallTraining.MODEL, recipe, ENOUGH);
    Plan other = plan(SmallTraining.MODEL, recipe, ENOUGH);
    assertThat(other).hasToString(one.toString());
    assertThat(other.identity()).isEqualTo(one.identity());
    assertThat(other.identity().machine()).isEqualTo("here");
  }
}
