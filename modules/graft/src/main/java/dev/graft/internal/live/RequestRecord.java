package dev.graft.internal.live;

import dev.graft.answer.Outcome;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * A request in a recording of Java Flight Recorder, from its coming in until it has its answer;
 * next to nothing without a recording.
 */
@Name("dev.graft.Request")
@Label("Request")
@Description("One example that a model was asked about, by a client or in a serving")
@Category("Graft")
@StackTrace(false)
public final class RequestRecord extends Event {

  @Label("Outcome")
  @Description("answered, or the name of what it failed by")
  String outcome = "answered";

  @Label("Wait")
  @Timespan(Timespan.NANOSECONDS)
  long waited;

  @Label("Time of its run")
  @Timespan(Timespan.NANOSECONDS)
  long took;

  @Label("Version")
  @Description("-1 if none said so, or its folder is not called by a number")
  long version = -1;

  /** One that comes in now. */
  public static RequestRecord begun() {
    RequestRecord request = new RequestRecord();
    request.begin();
    return request;
  }

  /** As many as come in now in one call; none if nobody records. */
  public static List<RequestRecord> begun(int count) {
    return new RequestRecord().isEnabled()
        ? Stream.generate(RequestRecord::begun).limit(count).toList()
        : List.of();
  }

  /**
   * It has its answer now, or fails.
   *
   * @param waited how long it waited for its turn, in ns
   * @param took how long the run took that it was part of, in ns
   * @param version who said so, if that has a number
   * @param failure what it failed by
   */
  public void done(
      long waited, long took, OptionalLong version, Optional<? extends Throwable> failure) {
    end();
    if (shouldCommit()) {
      this.waited = waited;
      this.took = took;
      this.version = version.orElse(-1);
      failure.ifPresent(cause -> outcome = cause.getClass().getSimpleName());
      commit();
    }
  }

  /** As {@link #done}, of some that were asked about in one call. */
  public static void done(
      List<RequestRecord> requests, long took, OptionalLong version, List<Outcome> outcomes) {
    for (int i = 0; i < requests.size(); i++) {
      requests.get(i).done(0, took, version, outcomes.get(i).failure());
    }
  }
}
