package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Dataset;
import dev.graft.error.Internal;
import dev.graft.model.Model;
import dev.graft.model.TrainingPlan;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.features.Frontier;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.TrainingListener;
import java.util.Optional;

/** A loop by itself, over all that a model leaves unfrozen, for benchmarks to time. */
@Internal
public final class MeasuredLoop implements AutoCloseable {

  private final Stage stage;
  private final TrainingLoop loop;

  private MeasuredLoop(Stage stage, TrainingLoop loop) {
    this.stage = stage;
    this.loop = loop;
  }

  /** Opens a loop that learns from {@code train} and is scored on {@code validation}. */
  public static MeasuredLoop open(
      TensorFlowRuntime runtime,
      Model model,
      FineTune settings,
      Dataset train,
      Dataset validation) {
    Recipe recipe = Recipe.headOnly().then(settings).seed(0);
    Task task = Task.of(model, train, recipe.objectives());
    TrainingPlan none = new TrainingPlan(ImmutableList.of());
    Frontier frontier = Frontier.of(task.inputs());
    Stage stage = Stages.of(task, none, frontier, task.goals(), recipe).get(0);
    LoopSetup setup = LoopSetup.of(task, stage, new CachedFeatures.Part(train, validation));
    return new MeasuredLoop(stage, TrainingLoop.open(runtime, setup, Optional.empty()));
  }

  /** How many variables are trained. */
  public int trained() {
    return stage.training().size();
  }

  /** A step on one and the same batch with no loop around it. */
  public Runnable bareStep() {
    return loop.session().bareStep(stage.settings().rate());
  }

  /** A single step of the loop at this rate; gives the loss before it. */
  public double step(double rate) {
    return loop.step(rate);
  }

  /**
   * Runs the loop without checkpoints.
   *
   * @param before called before each step and each batch that is scored; it may wait, or throw
   */
  public void run(TrainingListener listener, Runnable before) {
    Watch watch = Watch.of(listener, before);
    if (!loop.precisionReason().isEmpty()) {
      watch.tell(Decision.of(Decision.Kind.PRECISION, loop.precisionReason()));
    }
    loop.run(watch, Checkpoints.none().open(), state -> {});
  }

  @Override
  public void close() {
    loop.close();
  }
}
