package dev.graft.examples;

import dev.graft.Backbones;
import dev.graft.Graft;
import dev.graft.data.Split;
import dev.graft.job.FineTuneJob;
import dev.graft.job.Job;
import dev.graft.job.JobEvent;
import dev.graft.job.JobResult;
import dev.graft.job.Training;
import dev.graft.trainer.listener.Decision;
import java.nio.file.Path;
import java.util.function.Consumer;

/** The main job in one call, as a service has it: listened to, and gone on with after a crash. */
public final class InAService {

  private InAService() {}

  /**
   * Teaches a backbone the labels of a folder of pictures, publishes it and scores it.
   *
   * @param runs where the run keeps what it needs to go on
   * @param told hears what was decided, for people
   */
  public static JobResult teach(
      Path backbone, Path pictures, Path out, Path runs, Consumer<String> told) {
    // docs begin
    Job job =
        Job.of(backbone, pictures, out)
            .split(Split.of(60, 20, 20).seed(7))
            .training(Training.by("head").seed(7))
            .runs(runs)
            .build();
    try (Graft graft = Graft.open()) {
      return FineTuneJob.run(
          graft,
          job,
          event -> {
            if (event instanceof JobEvent.OfTraining training
                && training.event() instanceof Decision decision) {
              told.accept(decision.sentence());
            } else if (event instanceof JobEvent.Published published) {
              told.accept("published as " + published.version().path());
            }
          });
    }
    // docs end
  }

  /** The same with the network that the artifact graft-backbone-efficientnet-lite0 holds. */
  public static JobResult teachShipped(Path pictures, Path out, Path runs, Consumer<String> told) {
    return teach(Backbones.efficientNetLite0(), pictures, out, runs, told);
  }

  /** Goes on with a run that was cancelled or killed; what it published is not published again. */
  public static JobResult goOn(Path run) {
    try (Graft graft = Graft.open()) {
      return FineTuneJob.resume(graft, run, event -> {});
    }
  }
}
