package dev.graft.job;

import dev.graft.Gallery;
import dev.graft.Gate;
import dev.graft.Graft;
import dev.graft.Trust;
import dev.graft.Version;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.model.Model;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.Run;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.metric.Evaluation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * What a job does once model and pictures are there, step by step.
 *
 * @param graft what it is done with
 * @param folder of the run
 * @param listener hears of it
 * @param cancel ends it
 */
record JobSteps(Graft graft, RunFolder folder, JobListener listener, CancellationToken cancel) {

  /** All of it, from training to the report. */
  JobResult all(Model start, Parts parts) {
    listener.on(new JobEvent.FolderMade(folder.path()));
    try {
      Run run = train(start, parts);
      cancel.check();
      Path version = published(run, parts);
      JobScore score = score(version, run, parts);
      listener.on(new JobEvent.Scored(score));
      Path report = folder.report(run, score.part(), score.evaluation());
      listener.on(new JobEvent.Reported(report));
      return new JobResult(run, parts, version, score, folder.path(), report);
    } catch (CancellationException e) {
      listener.on(new JobEvent.Stopped(folder.path()));
      throw e;
    }
  }

  /** Tries rates. */
  RateCurve rates(Model start, Parts parts) {
    TrainOptions options = watched(folder.job().options(), listener, cancel);
    RateCurve curve = graft.findRate(start, parts, options, folder.job().precision());
    listener.on(new JobEvent.RatesTried(curve, folder.report(curve)));
    return curve;
  }

  private Run train(Model start, Parts parts) {
    listener.on(new JobEvent.TrainingBegun(HeadOrigin.of(start), givesVectors()));
    TrainOptions options = watched(folder.options(), listener, cancel);
    Run run = graft.train(start, parts, options, folder.job().precision());
    listener.on(new JobEvent.Trained(run));
    return run;
  }

  private boolean givesVectors() {
    return folder.job().surgery().head() == HeadChoice.EMBEDDING;
  }

  /** What the run published before it was stopped, or else what it publishes now. */
  private Path published(Run run, Parts parts) {
    Optional<Path> before = folder.published().filter(Files::isDirectory);
    if (before.isPresent()) {
      listener.on(new JobEvent.PublishedBefore(before.get()));
      return before.get();
    }
    Model finished = folder.job().surgery().finished(run.model());
    Version version =
        folder.publish(graft, finished, new Gate(0, parts.validation()).with(run.recipe()));
    listener.on(new JobEvent.Published(version));
    return version.path();
  }

  private JobScore score(Path version, Run run, Parts parts) {
    return givesVectors()
        ? search(run, parts)
        : parts.test().isOneLabel()
            ? served(version, run, parts)
            : new JobScore.Measured(graft.evaluate(run.model(), parts.test(), scoring(run)));
  }

  /** Scores the published version, as its files have it. */
  private JobScore served(Path version, Run run, Parts parts) {
    Model published = Graft.load(version, Trust.ALLOW);
    Evaluation test = graft.evaluate(published, parts.test(), scoring(run));
    Optional<String> decided = folder.job().training().monitor().filter(m -> !m.equals("accuracy"));
    return new JobScore.Told(test, decided.map(m -> Map.entry(m, test.metric(m))));
  }

  /** Scores the vectors that the trained model gives as a search does. */
  private JobScore search(Run run, Parts parts) {
    Gallery gallery = Gallery.of(vectors(run, parts.train()), parts.train());
    TensorValue asked = vectors(run, parts.test());
    int right = 0;
    for (int i = 0; i < parts.test().size(); i++) {
      Gallery.Match nearest = gallery.nearest(asked, i, 1).get(0);
      right += parts.train().label(nearest.example()) == parts.test().label(i) ? 1 : 0;
    }
    return new JobScore.Found(right, parts.test().size(), run.validation());
  }

  private TensorValue vectors(Run run, Dataset pictures) {
    Model model = folder.job().surgery().finished(run.model());
    return graft.predict(model, pictures, scoring(run)).values().iterator().next();
  }

  /** With what a job is scored: nobody hears how far that is. */
  private TrainOptions scoring(Run run) {
    return TrainOptions.by(run.recipe()).cancellation(cancel);
  }

  /** {@code options} with a job's listener, who is told all that happens, and what ends the job. */
  static TrainOptions watched(
      TrainOptions options, JobListener listener, CancellationToken cancel) {
    return options
        .listener(event -> listener.on(new JobEvent.OfTraining(event)))
        .cancellation(cancel);
  }
}
