package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Parts;
import dev.graft.error.BadRequestException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.ResourceVariables;
import dev.graft.model.TrainingPlan;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.checkpoint.RunIdentity;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.features.Frontier;
import dev.graft.trainer.internal.features.Positions;
import dev.graft.trainer.internal.head.LinearHead;
import dev.graft.trainer.internal.task.HeadGoal;
import dev.graft.trainer.internal.task.RowProbe;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.task.TaskIdentity;
import java.util.List;

/** Decides what a training will do. It trains nothing and changes nothing. */
final class TrainingPlanner {

  private TrainingPlanner() {}

  /**
   * Plans a training of {@code given} by {@code asked}.
   *
   * @param blocks the model's backbone from the head down
   * @throws BadRequestException if the recipe does not fit the model, or the model the data
   */
  static Plan plan(
      TensorFlowRuntime runtime, Model given, TrainingPlan blocks, Parts data, Recipe asked) {
    requireParts(data);
    Model model = ResourceVariables.in(given); // optimizers know no others
    Task task = Task.of(model, data.train(), asked.objectives());
    AutoRecipe.Choice choice = AutoRecipe.resolve(asked, task, blocks, data.train());
    Recipe recipe = choice.recipe().told();
    Acceptance acceptance = Acceptance.of(choice.recipe(), task, data.validation());
    ImmutableMap<HeadGoal, LinearHead> solvable;
    ImmutableList<Stage> stages;
    ImmutableList<TensorRef> headCut;
    CachedFeatures features;
    try (RowProbe probe = new RowProbe(runtime, model, task.inputs(), data.train())) {
      Frontier frontier = Frontier.of(task.inputs(), probe::hasRowForEach);
      Positions.check(frontier, task.headGoals(), data.train());
      solvable = LinearHead.solvable(task, frontier);
      stages = Stages.of(task, blocks, frontier, solvable.keySet(), recipe);
      boolean stepsFirst = solvable.isEmpty() && !stages.isEmpty() && stages.get(0).ofHeads();
      headCut = // one cut for both, since what is before a dropout is not what is behind it
          stepsFirst ? stages.get(0).cut() : LinearHead.cut(solvable, task, frontier);
      CachedFeatures.Room room = CachedFeatures.Room.of(runtime);
      features =
          CachedFeatures.plan(frontier, data, Plan.cuts(headCut, stages), room)
              .inHalves(task.takesHalves());
    }
    if (!solvable.isEmpty()) {
      features.requireRoom(headCut);
    }
    Stages.checkHeadSteps(stages, task, choice.recipe(), asked.isAuto());
    List<Stage> uncached = stages.stream().filter(s -> features.isTooLarge(s.cut())).toList();
    RunIdentity identity =
        TaskIdentity.of(
            runtime, task, data, recipe.toString(), uncached.stream().map(Stage::number).toList());
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
        recipe,
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
