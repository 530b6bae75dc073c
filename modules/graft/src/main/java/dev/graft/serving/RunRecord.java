package dev.graft.serving;

import java.time.Duration;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A run of a serving in a recording of Java Flight Recorder, which costs nothing without one. */
@Name("dev.graft.Answers")
@Label("Answers")
@Description("One run of a served model, for one request or for several that came together")
@Category("Graft")
@StackTrace(false)
final class RunRecord extends Event {

  @Label("Examples")
  int examples;

  @Label("Failed")
  int failed;

  @Label("Wait of the first")
  @Timespan(Timespan.NANOSECONDS)
  long waited;

  static RunRecord begun() {
    RunRecord run = new RunRecord();
    run.begin();
    return run;
  }

  void done(int examples, int failed, Duration waited) {
    end();
    if (shouldCommit()) {
      this.examples = examples;
      this.failed = failed;
      this.waited = waited.toNanos();
      commit();
    }
  }
}
