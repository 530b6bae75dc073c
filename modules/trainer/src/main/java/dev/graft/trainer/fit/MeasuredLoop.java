package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.Internal;
import dev.graft.model.Model;
import dev.graft.model.TrainingPlan;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.features.FeaturePlan;
import dev.graft.trainer.internal.features.Room;
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
  private final CachedFeatures examples;
  private final TrainingLoop loop;

  private MeasuredLoop(Stage stage, CachedFeatures examples, TrainingLoop loop) {
    this.stage = stage;
    this.examples = examples;
    this.loop = loop;
  }

  /**
   * Opens a loop that learns from {@code train} and is scored on {@code validation}. Pictures are
   * decoded beside its steps, and no pixels kept.
   */
  public static MeasuredLoop open(
      Computing computing, Model model, FineTune settings, Dataset train, Dataset validation) {
    Recipe recipe = Recipe.headOnly().then(settings).seed(0);
    Task task = Task.of(model, train, recipe.objectives());
    TrainingPlan none = new TrainingPlan(ImmutableList.of());
    Frontier frontier = Frontier.of(task.inputs());
    Stage stage = Stages.of(task, none, frontier, task.goals(), recipe).get(0);
    Parts parts = new Parts(train, validation, validation);
    FeaturePlan plan = FeaturePlan.of(frontier, parts, ImmutableList.of(), Room.NONE);
    CachedFeatures examples = new CachedFeatures(plan, recipe.atOnce());
    examples.decodeBeside(computing.runtime(), Watch.of(event -> {}, () -> {}));
    LoopSetup setup =
        LoopSetup.of(task, stage, examples.at(task.inputs().tensors())).in(computing.precision());
    try {
      return new MeasuredLoop(
          stage, examples, TrainingLoop.open(computing.runtime(), setup, Optional.empty()));
    } catch (RuntimeException | Error e) {
      examples.close();
      throw e;
    }
  }

  /** How many variables are trained. */
  public int trained() {
    return stage.training().size();
  }

  /** Why its steps are computed as they are, for a person; empty where nothing was chosen. */
  public String chosen() {
    return loop.precisionReason();
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
      watch.decide(Decision.Kind.PRECISION, loop.precisionReason());
    }
    loop.run(watch, Checkpoints.none().open(), state -> {});
  }

  @Override
  public void close() {
    try (examples) {
      loop.close();
    }
  }
}
