package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import com.google.common.collect.Lists;
import dev.graft.data.Parts;
import dev.graft.graph.TensorRef;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.checkpoint.RunIdentity;
import dev.graft.trainer.internal.features.FeaturePlan;
import dev.graft.trainer.internal.head.LinearHead;
import dev.graft.trainer.internal.head.SolvedHeads;
import dev.graft.trainer.internal.task.HeadGoal;
import dev.graft.trainer.internal.task.Order;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import java.util.List;
import java.util.Locale;

/**
 * What a training will do, decided before it begins; {@link Trainer} walks it.
 *
 * @param task what is trained
 * @param data the parts that it learns from, decides by, and does not look at
 * @param recipe what was asked for, with all choices made
 * @param acceptance by what is decided which weights are kept
 * @param solvable the heads that are computed at once
 * @param stages what trains step by step, in order
 * @param headCut where the part before all heads ends
 * @param features what is computed once, and where it is kept
 * @param identity by which a checkpoint of this training is known
 * @param reasons why these choices were made, in sentences
 */
record Plan(
    Task task,
    Parts data,
    Recipe recipe,
    Acceptance acceptance,
    ImmutableMap<HeadGoal, LinearHead> solvable,
    ImmutableList<Stage> stages,
    ImmutableList<TensorRef> headCut,
    FeaturePlan features,
    RunIdentity identity,
    ImmutableList<String> reasons) {

  /** Where examples or features enter what trains: the heads, and these of the stages. */
  Iterable<ImmutableList<TensorRef>> cuts(List<Stage> of) {
    return cuts(headCut, of);
  }

  static Iterable<ImmutableList<TensorRef>> cuts(
      ImmutableList<TensorRef> headCut, List<Stage> stages) {
    return Iterables.concat(List.of(headCut), Lists.transform(stages, Stage::cut));
  }

  /** Whether there is anything that what is trained is held against. */
  static boolean decidesWhatIsKept(
      List<Stage> stages, ImmutableMap<HeadGoal, LinearHead> solvable) {
    return stages.stream().anyMatch(stage -> !stage.fresh())
        || solvable.values().stream().anyMatch(linear -> !SolvedHeads.isDrawn(linear.kernel()));
  }

  /** What is done, a line for each stretch, for a person. */
  ImmutableList<String> lines() {
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    lines.add("recipe '" + recipe.name() + "' for " + task.describe());
    if (!solvable.isEmpty()) {
      lines.add(
          "solved at once: "
              + Task.describe(solvable.keySet().asList())
              + ", from "
              + features.fedAt(headCut));
    }
    for (Stage stage : stages) {
      FineTune settings = stage.settings();
      int batches = new Order(data.train().size(), settings.batch(), stage.seed()).batches();
      lines.add(
          String.format(
              Locale.ROOT,
              settings.findsBatch()
                  ? "%d. %s: at most %d epochs of %d steps or more, with as many examples as fit in"
                      + " memory, at most %d%s, from %s"
                  : "%d. %s: at most %d epochs of %d steps with %d examples%s, from %s",
              stage.number(),
              stage.words(),
              settings.epochs(),
              batches,
              Math.min(settings.batch(), data.train().size()),
              settings.microBatch() < settings.batch()
                  ? ", " + settings.microBatch() + " at once"
                  : "",
              features.fedAt(stage.cut())));
    }
    return lines.build();
  }

  /** Returns {@link #lines}, one below the other. */
  @Override
  public String toString() {
    return String.join("\n", lines());
  }
}
