package dev.graft.trainer.score;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.cut.Positions;
import dev.graft.trainer.internal.features.DecodedPictures;
import dev.graft.trainer.internal.graph.FrozenForm;
import dev.graft.trainer.internal.graph.StatelessRandom;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.watch.Interruption;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.metric.Evaluation;
import java.util.List;

/** Scores a model on examples. */
@Internal
public final class Evaluator {

  private Evaluator() {}

  /** As the other form, with the usual objectives, and nobody there. */
  public static Evaluation evaluate(TensorFlowRuntime runtime, Model model, Dataset data) {
    return evaluate(runtime, model, data, TrainOptions.by(Recipe.headOnly()));
  }

  /**
   * Scores {@code model} on all of {@code data}, as a training with these options does: by the
   * objectives of its recipe, and with no more examples at once than its batches have.
   *
   * @throws BadRequestException if the data's answers are not those that the heads give
   */
  public static Evaluation evaluate(
      TensorFlowRuntime runtime, Model model, Dataset data, TrainOptions options) {
    Recipe recipe = options.recipe();
    Task task = Task.of(model, data, recipe.objectives());
    Watch watch = Watch.of(options);
    Interruption interruption = Interruption.of(runtime);
    try {
      return scoreKept(runtime, task, data, recipe.atOnce(), watch);
    } catch (RuntimeException e) {
      throw interruption.endedBy(DecodedPictures.allNamed(e, runtime, List.of(data), watch));
    }
  }

  /** Scores features of {@code data} where other runs keep theirs, too; itself where none are. */
  private static Evaluation scoreKept(
      TensorFlowRuntime runtime, Task task, Dataset data, int atOnce, Watch watch) {
    Frontier frontier = Frontier.of(task.inputs());
    Positions.check(frontier, task.headGoals(), data);
    ImmutableList<TensorRef> cut = frontier.cut(task.logits(), task.variables());
    return new FrozenPart(runtime, task.model(), frontier, cut)
        .inHalves(task.takesHalves())
        .then(data, atOnce, watch, fed -> score(runtime, task.fedWith(fed), fed, atOnce, watch));
  }

  /** Scores {@code task} on {@code data} that it is fed with and known to fit. */
  public static Evaluation score(
      TensorFlowRuntime runtime, Task task, Dataset data, int atOnce, Watch watch) {
    GraphEditor editor = task.inputs().graph().edit();
    StatelessRandom.replaceRest(editor);
    Scoring scoring = Scoring.add(editor, task, atOnce, runtime.computesOnGpu());
    Pace pace = new Pace(watch, Progress.Phase.EVALUATE, "examples", data.size(), 1);
    Graph alone = scoring.alone(editor.build(), data);
    List<Variable> read =
        task.model().variables().stream().filter(each -> alone.contains(each.node())).toList();
    Model model = FrozenForm.reading(task.model(), read);
    try (ModelSession session = runtime.open(model, alone)) {
      return scoring.score(runtime, session, data, pace);
    }
  }
}
