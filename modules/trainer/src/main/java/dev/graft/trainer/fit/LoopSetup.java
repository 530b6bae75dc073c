package dev.graft.trainer.fit;

import dev.graft.runtime.Compute.Precision;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.step.StepExtras;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;

/**
 * What one loop of training is about.
 *
 * @param task what is trained, with the weights that it begins with, fed with {@code data}
 * @param stage which variables train, and how; in float16 with a loss that is scaled
 * @param data examples to learn from and to decide by, or their features where the part ends that
 *     does not train
 * @param extras what it does beside plain steps
 * @param precision in which its steps multiply
 * @param time how long it may take
 */
record LoopSetup(
    Task task,
    Stage stage,
    CachedFeatures.Part data,
    StepExtras extras,
    Precision precision,
    TimeLeft time) {

  LoopSetup {
    stage = precision == Precision.FLOAT16 ? Stage.withScaledLoss(stage) : stage;
  }

  /** A loop of plain steps, in float32. */
  static LoopSetup of(Task task, Stage stage, CachedFeatures.Part data) {
    TimeLeft time = TimeLeft.unlimited(System::nanoTime);
    return new LoopSetup(
        task.fedWith(data.train()), stage, data, StepExtras.NONE, Precision.FLOAT32, time);
  }

  /** This, in no more time than that. */
  LoopSetup in(TimeLeft value) {
    return new LoopSetup(task, stage, data, extras, precision, value);
  }

  /** This, over the same stretch with other settings. */
  LoopSetup in(Stage value) {
    return new LoopSetup(task, value, data, extras, precision, time);
  }

  /** This, multiplying in that. */
  LoopSetup in(Precision value) {
    return new LoopSetup(task, stage, data, extras, value, time);
  }
}
