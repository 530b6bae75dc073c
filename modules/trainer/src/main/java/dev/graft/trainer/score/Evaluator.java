package dev.graft.trainer.score;

import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.GraphEditor;
import dev.graft.model.Model;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.internal.features.DecodedPictures;
import dev.graft.trainer.internal.features.Frontier;
import dev.graft.trainer.internal.features.Positions;
import dev.graft.trainer.internal.graph.StatelessRandom;
import dev.graft.trainer.internal.task.Pace;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.listener.Callback;
import dev.graft.trainer.listener.Callbacks;
import dev.graft.trainer.listener.Interruption;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.metric.Evaluation;
import java.util.List;

/** Scores a model on examples. */
@Internal
public final class Evaluator {

  private Evaluator() {}

  /** As the last form, with the usual objectives. */
  public static Evaluation evaluate(
      TensorFlowRuntime runtime, Model model, Dataset data, Callback... callbacks) {
    return evaluate(runtime, model, data, Objectives.usual(), callbacks);
  }

  /** As the last form, with these objectives. */
  public static Evaluation evaluate(
      TensorFlowRuntime runtime,
      Model model,
      Dataset data,
      Objectives objectives,
      Callback... callbacks) {
    return evaluate(runtime, model, data, Recipe.headOnly().objectives(objectives), callbacks);
  }

  /**
   * Scores {@code model} on all of {@code data}, as a training by {@code recipe} does: by its
   * objectives, and with no more examples at once than its batches have.
   *
   * @throws BadRequestException if the data's answers are not those that the heads give
   */
  public static Evaluation evaluate(
      TensorFlowRuntime runtime, Model model, Dataset data, Recipe recipe, Callback... callbacks) {
    Task task = Task.of(model, data, recipe.objectives());
    return Interruption.cancellable(
        runtime,
        () -> {
          Callbacks all = Callbacks.of(callbacks);
          return DecodedPictures.orAllNamed(
              runtime,
              List.of(data),
              all,
              () -> {
                Positions.check(Frontier.of(task.inputs()), task.headGoals(), data);
                return score(runtime, task, data, recipe.atOnce(), all);
              });
        });
  }

  /** Scores {@code task} on {@code data} that it is fed with and known to fit. */
  public static Evaluation score(
      TensorFlowRuntime runtime, Task task, Dataset data, int atOnce, Callback callback) {
    GraphEditor editor = task.inputs().graph().edit();
    StatelessRandom.replaceRest(editor);
    Scoring scoring = Scoring.add(editor, task, atOnce);
    Pace pace = new Pace(callback, Progress.Phase.EVALUATE, "examples", data.size(), 1);
    try (ModelSession session = runtime.open(task.model(), editor.build())) {
      return scoring.score(runtime, session, data, pace);
    }
  }
}
