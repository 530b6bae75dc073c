package dev.graft.trainer.fit;

import dev.graft.data.Dataset;
import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.LoopState;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.loss.Objectives;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** Loops with nothing around them. */
public final class Loops {

  private Loops() {}

  /** A loop over one stage, for the usual objectives. */
  static TrainingLoop open(
      TensorFlowRuntime runtime, Model model, Stage stage, Dataset train, Dataset validation) {
    return open(runtime, Task.of(model, train, Objectives.usual()), stage, train, validation);
  }

  private static TrainingLoop open(
      TensorFlowRuntime runtime, Task task, Stage stage, Dataset train, Dataset validation) {
    LoopSetup setup = LoopSetup.of(task, stage, new CachedFeatures.Part(train, validation));
    return TrainingLoop.open(runtime, setup, Optional.empty());
  }

  /** Runs a loop to its end, and gives the last state that it saved. */
  public static LoopState run(
      TensorFlowRuntime runtime,
      Task task,
      Stage stage,
      CachedFeatures.Part data,
      TrainOptions options) {
    AtomicReference<LoopState> last = new AtomicReference<>();
    try (TrainingLoop loop = open(runtime, task, stage, data.train(), data.validation())) {
      loop.run(Watch.of(options), options.checkpoints().open(), last::set);
    }
    return last.get();
  }
}
