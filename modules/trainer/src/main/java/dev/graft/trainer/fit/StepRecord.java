package dev.graft.trainer.fit;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A step of a training in a recording of Java Flight Recorder, which costs nothing without one. */
@Name("dev.graft.Step")
@Label("Training step")
@Description("Gradients of one batch and the update of the weights")
@Category("Graft")
@StackTrace(false)
final class StepRecord extends Event {

  @Label("Stretch")
  int stage;

  @Label("Step")
  long number;

  @Label("Examples")
  int examples;

  @Label("Loss before")
  double loss;

  static StepRecord begun() {
    StepRecord step = new StepRecord();
    step.begin();
    return step;
  }

  void done(int stage, long number, int examples, double loss) {
    end();
    if (shouldCommit()) {
      this.stage = stage;
      this.number = number;
      this.examples = examples;
      this.loss = loss;
      commit();
    }
  }
}
