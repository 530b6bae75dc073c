package dev.graft.trainer.fit;

import com.google.common.base.Suppliers;
import dev.graft.data.Parts;
import dev.graft.error.BadRequestException;
import dev.graft.model.Model;
import dev.graft.model.TrainingPlan;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.features.Room;
import dev.graft.trainer.internal.mixed.Digits;
import dev.graft.trainer.internal.task.RowProbe;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.task.TaskIdentity;
import dev.graft.trainer.internal.task.Timing;
import java.util.function.Supplier;

/**
 * What a plan depends on that only TensorFlow or this machine tells, found out before anything is
 * planned.
 *
 * @param frontier what is known of the shapes in the task's graph; where that takes a run it asks
 *     for one, which gives the same whenever it is asked
 * @param room how much there is for features
 * @param machine where a checkpoint is at home
 * @param digits of features
 * @param pictures a digest of what is in the pictures, read when it is first asked for
 * @param timing how much time there is, and how long examples take, measured when it is asked for
 */
record Measured(
    Frontier frontier,
    Room room,
    String machine,
    Digits digits,
    Supplier<String> pictures,
    Timing timing) {

  /**
   * Measures what a plan needs, and has it made.
   *
   * @param blocks the model's backbone from the head down
   * @throws BadRequestException if the recipe does not fit the model, or the model the data
   */
  static Plan plan(
      Computing computing, Model model, TrainingPlan blocks, Parts data, TrainOptions options) {
    Recipe recipe = options.recipe();
    TensorFlowRuntime runtime = computing.runtime();
    Task task = TrainingPlanner.task(model, data, recipe);
    try (RowProbe probe = new RowProbe(runtime, task.model(), task.inputs(), data.train())) {
      Frontier frontier = Frontier.of(task.inputs(), probe::hasRowForEach);
      Digits digits = Digits.ALL.in(computing.precision());
      Supplier<CachedFeatures.Kept> kept = // by who asks first: most plans ask nothing
          Suppliers.memoize(() -> new CachedFeatures.Kept(runtime, task.model(), frontier, data));
      Measured measured =
          new Measured(
              frontier,
              Room.of(runtime),
              TaskIdentity.machine(runtime, computing.precision()),
              digits,
              TaskIdentity.pictures(runtime.options(), data),
              Timing.of(
                  options,
                  data.train(),
                  probe,
                  tensors -> kept.get().count(tensors, digits.inHalves(task.takesHalves()))));
      return TrainingPlanner.plan(task, measured, blocks, data, recipe);
    }
  }
}
