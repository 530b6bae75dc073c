package dev.graft.examples.photos;

import dev.graft.error.RefusedException;
import dev.graft.job.JobResult;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;

/**
 * How a training ended, for JSON.
 *
 * @param kind {@code finished}, {@code refused}, {@code cancelled} or {@code failed}; {@code
 *     stopped} if the next start goes on with it
 * @param what more of it
 */
record TrainingEnd(String kind, Object what) {

  /** A version that was published, and its score on the test part. */
  record Finished(long version, String metric, double score) {
    static Finished of(JobResult result) {
      long version = Long.parseLong(result.version().getFileName().toString());
      return new Finished(version, result.score().metric(), result.score().value());
    }
  }

  /** Something that was asked for, and what came out. */
  record Asked(String metric, double found, double wanted, boolean holds, String words) {
    static List<Asked> of(RefusedException refused) {
      return refused.figures().stream()
          .map(
              each ->
                  new Asked(each.metric(), each.found(), each.wanted(), each.holds(), each.words()))
          .toList();
    }
  }

  boolean isFailure() {
    return kind.equals("failed");
  }

  /** With a result, or else with what it failed by. */
  static TrainingEnd of(JobResult result, Throwable cause, boolean goesOn) {
    if (result != null) {
      return new TrainingEnd("finished", Finished.of(result));
    }
    if (cause instanceof RefusedException refused) {
      return new TrainingEnd("refused", Map.of("figures", Asked.of(refused)));
    }
    if (cause instanceof CancellationException) {
      return new TrainingEnd(goesOn ? "stopped" : "cancelled", Map.of());
    }
    return new TrainingEnd("failed", Map.of("why", String.valueOf(cause.getMessage())));
  }
}
