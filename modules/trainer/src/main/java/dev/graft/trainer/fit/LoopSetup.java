package dev.graft.trainer.fit;

import dev.graft.runtime.Compute.Precision;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.step.StepExtras;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import java.util.function.Consumer;

/** What one loop of training is about. Immutable. */
final class LoopSetup {

  private final Fields set;

  private LoopSetup(Fields set) {
    this.set = set;
  }

  /**
   * A loop of plain steps, in float32, that may take any time.
   *
   * @param task what is trained, with the weights that it begins with
   * @param stage which variables train, and how
   * @param data examples to learn from and to decide by, or their features where the part ends that
   *     does not train
   */
  static LoopSetup of(Task task, Stage stage, CachedFeatures.Part data) {
    return new LoopSetup(new Fields(task.fedWith(data.train()), stage, data));
  }

  private LoopSetup with(Consumer<Fields> change) {
    Fields next = new Fields(set.task, set.stage, set.data);
    next.extras = set.extras;
    next.precision = set.precision;
    next.time = set.time;
    next.gate = set.gate;
    change.accept(next);
    next.stage = next.precision == Precision.FLOAT16 ? next.stage.scaled(true) : next.stage;
    return new LoopSetup(next);
  }

  /** What is trained, with the weights that it begins with, fed with the data. */
  Task task() {
    return set.task;
  }

  /** Which variables train, and how; in float16 with a loss that is scaled. */
  Stage stage() {
    return set.stage;
  }

  /** What is learned from and decided by. */
  CachedFeatures.Part data() {
    return set.data;
  }

  /** What it does beside plain steps. */
  StepExtras extras() {
    return set.extras;
  }

  /** In what its steps multiply. */
  Precision precision() {
    return set.precision;
  }

  /** How long it may take. */
  TimeLeft time() {
    return set.time;
  }

  /** What is called before each try of a measurement, and may hold or end it. */
  Runnable gate() {
    return set.gate;
  }

  /** This, doing that beside plain steps. */
  LoopSetup with(StepExtras value) {
    return with(next -> next.extras = value);
  }

  /** This, held or ended by that where it measures; the steps that it takes have a watch. */
  LoopSetup gatedBy(Runnable value) {
    return with(next -> next.gate = value);
  }

  /** This, in no more time than that. */
  LoopSetup in(TimeLeft value) {
    return with(next -> next.time = value);
  }

  /** This, over the same stretch with other settings. */
  LoopSetup in(Stage value) {
    return with(next -> next.stage = value);
  }

  /** This, multiplying in that. */
  LoopSetup in(Precision value) {
    return with(next -> next.precision = value);
  }

  private static final class Fields {
    private final Task task;
    private Stage stage;
    private final CachedFeatures.Part data;
    private StepExtras extras = StepExtras.NONE;
    private Precision precision = Precision.FLOAT32;
    private TimeLeft time = TimeLeft.unlimited(System::nanoTime);
    private Runnable gate = () -> {};

    private Fields(Task task, Stage stage, CachedFeatures.Part data) {
      this.task = task;
      this.stage = stage;
      this.data = data;
    }
  }
}
