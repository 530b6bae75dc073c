package dev.graft.trainer.fit;

import dev.graft.model.TrainingPlan;
import dev.graft.surgeon.Plans;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.step.StepExtras;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;

/** Stretches of training for tests of other rooms. */
public final class Stretches {

  private Stretches() {}

  /** The graph of a step over {@code task} with these settings. */
  public static TrainingGraph graph(Task task, FineTune settings) {
    TrainingPlan blocks = Plans.gradual(task.model(), 100);
    Stage stage = first(task, blocks, Recipe.headOnly().then(settings).seed(1));
    return TrainingGraph.of(task, stage, StepExtras.NONE);
  }

  /** The first stretch of {@code recipe}, all heads but solved. */
  static Stage first(Task task, TrainingPlan blocks, Recipe recipe) {
    return Stages.of(task, blocks, Frontier.of(task.inputs()), task.goals(), recipe).get(0);
  }
}
