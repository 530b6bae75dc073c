package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Parts;
import dev.graft.error.BadRequestException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.ResourceVariables;
import dev.graft.model.TrainingPlan;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.checkpoint.RunIdentity;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.cut.Positions;
import dev.graft.trainer.internal.features.FeaturePlan;
import dev.graft.trainer.internal.head.LinearHead;
import dev.graft.trainer.internal.task.HeadGoal;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.task.TaskIdentity;
import java.util.List;

/**
 * Decides what a training will do, by values alone: it opens nothing, trains nothing and changes
 * nothing, and from the same values it makes the same plan.
 */
final class TrainingPlanner {

  private TrainingPlanner() {}

  /**
   * The task of teaching {@code given} what {@code data} say.
   *
   * @throws BadRequestException if they do not fit each other, or the recipe's objectives them
   */
  static Task task(Model given, Parts data, Recipe asked) {
    requireParts(data);
    Model model = ResourceVariables.in(given); // optimizers know no others
    return Task.of(model, data.train(), asked.objectives());
  }

  /**
   * Plans a training by {@code asked}.
   *
   * @param task of teaching a model what {@code data} say
   * @param measured what is known of that task
   * @param blocks the model's backbone from the head down
   * @throws BadRequestException if the recipe does not fit the model, or the model the data
   */
  static Plan plan(Task task, Measured measured, TrainingPlan blocks, Parts data, Recipe asked) {
    AutoRecipe.Choice choice = AutoRecipe.resolve(asked, task, blocks, data.train());
    Recipe recipe = choice.recipe().told();
    Acceptance acceptance = Acceptance.of(choice.recipe(), task, data.validation());
    Frontier frontier = measured.frontier();
    Positions.check(frontier, task.headGoals(), data.train());
    ImmutableMap<HeadGoal, LinearHead> solvable = LinearHead.solvable(task, frontier);
    ImmutableList<Stage> stages = Stages.of(task, blocks, frontier, solvable.keySet(), recipe);
    boolean stepsFirst = solvable.isEmpty() && !stages.isEmpty() && stages.get(0).ofHeads();
    ImmutableList<TensorRef> headCut = // one for both: before a dropout is not what is behind it
        stepsFirst ? stages.get(0).cut() : LinearHead.cut(solvable, task, frontier);
    FeaturePlan features =
        FeaturePlan.of(frontier, data, Plan.cuts(headCut, stages), measured.room())
            .in(measured.digits().inHalves(task.takesHalves()));
    if (!solvable.isEmpty()) {
      features.requireRoom(headCut);
    }
    Stages.checkHeadSteps(stages, task, choice.recipe(), asked.isAuto());
    List<Stage> uncached = stages.stream().filter(s -> features.isTooLarge(s.cut())).toList();
    RunIdentity identity =
        TaskIdentity.of(
                task,
                data,
                recipe.toString(),
                measured.machine(),
                uncached.stream().map(Stage::number).toList())
            .pictures(measured.pictures());
    ImmutableList.Builder<String> reasons = ImmutableList.<String>builder();
    reasons.addAll(choice.reasons());
    if (features.isInFiles(headCut)) {
      reasons.add(
          "there is no room for " + features.words(headCut) + ", so they are read from a file");
    }
    for (Stage stage : uncached) {
      reasons.add(
          stage.words()
              + ": there is no room for "
              + features.words(stage.cut())
              + ", so each step computes them again");
    }
    if (stages.stream().anyMatch(stage -> features.arePixelsKept(stage.cut()))) {
      reasons.add(features.pixelWords());
    }
    if (Plan.decidesWhatIsKept(stages, solvable)) {
      reasons.add(acceptance.words());
    } else if (stages.isEmpty() && choice.recipe().metric().isPresent()) {
      reasons.add(acceptance.idle(task));
    }
    return new Plan(
        task,
        data,
        recipe.objectives(task.objectives(recipe.objectives())), // for who scores it afterwards
        acceptance,
        solvable,
        stages,
        headCut,
        features,
        identity,
        reasons.build());
  }

  private static void requireParts(Parts data) {
    if (data.train().size() == 0 || data.validation().size() == 0) {
      throw new BadRequestException(
          "training needs examples to learn from and others to decide by, and there are "
              + data.train().size()
              + " and "
              + data.validation().size()
              + "; divide the data by a Split with a share for validation, as 60, 20 and 20.");
    }
  }
}
