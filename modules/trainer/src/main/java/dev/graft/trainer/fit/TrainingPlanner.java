package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Sets;
import dev.graft.data.Parts;
import dev.graft.error.BadRequestException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.ResourceVariables;
import dev.graft.model.TrainingPlan;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.checkpoint.RunIdentity;
import dev.graft.trainer.fit.AutoRecipe.Choice;
import dev.graft.trainer.fit.AutoRecipe.Estimate;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.cut.Positions;
import dev.graft.trainer.internal.features.FeaturePlan;
import dev.graft.trainer.internal.head.LinearHead;
import dev.graft.trainer.internal.task.HeadGoal;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.task.TaskIdentity;
import dev.graft.trainer.internal.task.Timing;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides what a training will do, by values alone: it opens nothing, trains nothing and changes
 * nothing, and from the same values it makes the same plan.
 */
final class TrainingPlanner {

  private final Task task;
  private final Measured measured;
  private final TrainingPlan blocks;
  private final Parts data;
  private final Recipe asked;
  private String estimated = ""; // how long it takes, if that was found out
  private String late = ""; // that this is more than there is, where nothing less can be done

  private TrainingPlanner(
      Task task, Measured measured, TrainingPlan blocks, Parts data, Recipe asked) {
    this.task = task;
    this.measured = measured;
    this.blocks = blocks;
    this.data = data;
    this.asked = asked;
  }

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
    return new TrainingPlanner(task, measured, blocks, data, asked).plan();
  }

  private Plan plan() {
    Choice choice = AutoRecipe.resolve(asked, task, blocks, data.train());
    Draft draft = inTime(draft(choice));
    Recipe recipe = draft.choice.recipe().told();
    FeaturePlan features = draft.features;
    List<Stage> uncached =
        draft.stages.stream().filter(stage -> features.isTooLarge(stage.cut())).toList();
    RunIdentity identity =
        TaskIdentity.of(
                task,
                data,
                recipe.toString(),
                measured.machine(),
                uncached.stream().map(Stage::number).toList())
            .pictures(measured.pictures());
    return new Plan(
        task,
        data,
        recipe.objectives(task.objectives(recipe.objectives())), // for who scores it afterwards
        draft.acceptance,
        draft.solvable,
        draft.stages,
        draft.headCut,
        features,
        identity,
        reasons(draft, uncached));
  }

  /** What a training by one recipe comes to. */
  private record Draft(
      Choice choice,
      Acceptance acceptance,
      ImmutableMap<HeadGoal, LinearHead> solvable,
      ImmutableList<Stage> stages,
      ImmutableList<TensorRef> headCut,
      FeaturePlan features) {}

  private Draft draft(Choice choice) {
    Acceptance acceptance = Acceptance.of(choice.recipe(), task, data.validation());
    Frontier frontier = measured.frontier();
    Positions.check(frontier, task.headGoals(), data.train());
    ImmutableMap<HeadGoal, LinearHead> solvable = LinearHead.solvable(task, frontier);
    ImmutableList<Stage> stages =
        Stages.of(task, blocks, frontier, solvable.keySet(), choice.recipe().told());
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
    return new Draft(choice, acceptance, solvable, stages, headCut, features);
  }

  /** {@code largest}, or less where there is no time for it; tells how long it takes. */
  private Draft inTime(Draft largest) {
    Timing timing = measured.timing();
    if (timing.begun().isPresent()) {
      return begun(largest, timing.begun().get());
    }
    Draft draft = largest;
    if (timing.isMeasured(asked, draft.choice.recipe())) {
      Duration limit = Timing.limit(timing.given(), asked).orElseThrow();
      Estimate estimate = estimate(draft);
      Optional<Choice> less = less(draft, estimate, limit);
      while (less.isPresent()) {
        draft = draft(less.get());
        estimate = estimate(draft);
        less = less(draft, estimate, limit);
      }
      estimated = estimate.words(timing.examples(), !draft.solvable.isEmpty());
      late = estimate.late(limit).orElse("");
    }
    return draft;
  }

  /** What goes on stays what it was begun as, though another measurement might say otherwise. */
  private Draft begun(Draft largest, String recipe) {
    Optional<Choice> each = Optional.of(largest.choice);
    while (each.isPresent() && !each.get().recipe().told().toString().equals(recipe)) {
      each = AutoRecipe.faster(each.get(), asked, task, "it was begun so");
    }
    return each.filter(choice -> choice != largest.choice)
        .map(this::draft)
        .orElse(largest); // where none is, of another run: refused when its checkpoint is read
  }

  private Optional<Choice> less(Draft draft, Estimate estimate, Duration limit) {
    Recipe recipe = draft.choice.recipe();
    return estimate.fits(limit, recipe)
        ? Optional.empty()
        : AutoRecipe.faster(draft.choice, asked, task, estimate.tooLong(recipe, limit));
  }

  private Estimate estimate(Draft draft) {
    Timing timing = measured.timing();
    Timing.Clock clock = timing.clock();
    InputBinding entry = task.inputs();
    boolean decodes =
        draft.stages.stream().anyMatch(s -> draft.features.pixelWords(s.cut()).isPresent());
    Set<TensorRef> once = decodes ? Set.copyOf(entry.rows()) : Set.of();
    Set<TensorRef> wanted = draft.features.kept();
    int kept = timing.kept().applyAsInt(wanted);
    int left = size() - kept;
    double features =
        left == 0 ? 0 : left * clock.seconds(entry.tensors(), Sets.union(wanted, once));
    features += kept == 0 ? 0 : kept * clock.seconds(entry.tensors(), once);
    double steps = 0;
    double needed = 0;
    for (Stage stage : draft.stages) {
      double each = clock.seconds(draft.features.fedFrom(stage.cut()), task.logits());
      // to go back through a network takes about twice as long as to go forth
      double epoch = each * (3.0 * data.train().size() + data.validation().size());
      steps += epoch * stage.settings().epochs();
      needed += stage.fresh() ? epoch : 0;
    }
    return new Estimate(features, steps, needed, size(), kept);
  }

  private int size() {
    return data.train().size() + data.validation().size();
  }

  private ImmutableList<String> reasons(Draft draft, List<Stage> uncached) {
    FeaturePlan features = draft.features;
    ImmutableList.Builder<String> reasons = ImmutableList.<String>builder();
    reasons.addAll(draft.choice.reasons());
    if (!estimated.isEmpty()) {
      reasons.add(estimated);
    }
    if (!late.isEmpty()) {
      reasons.add(late);
    }
    if (features.isInFiles(draft.headCut)) {
      reasons.add(
          "there is no room for "
              + features.words(draft.headCut)
              + ", so they are read from a file");
    }
    for (Stage stage : uncached) {
      reasons.add(
          stage.words()
              + ": there is no room for "
              + features.words(stage.cut())
              + ", so each step computes them again");
    }
    draft.stages.stream()
        .flatMap(stage -> features.pixelWords(stage.cut()).stream())
        .findFirst()
        .ifPresent(reasons::add);
    if (Plan.decidesWhatIsKept(draft.stages, draft.solvable)) {
      reasons.add(draft.acceptance.words());
    } else if (draft.stages.isEmpty() && draft.choice.recipe().metric().isPresent()) {
      reasons.add(draft.acceptance.idle(task));
    }
    return reasons.build();
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
