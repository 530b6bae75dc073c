package dev.graft.job;

import dev.graft.Graft;
import dev.graft.Precision;
import dev.graft.Version;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.BadRequestException;
import dev.graft.error.RefusedException;
import dev.graft.internal.boxes.BoxData;
import dev.graft.internal.boxes.BoxInput;
import dev.graft.internal.boxes.BoxSize;
import dev.graft.internal.boxes.ChosenEpochs;
import dev.graft.internal.boxes.Spent;
import dev.graft.internal.boxes.UpsideDown;
import dev.graft.internal.card.TrainingStep;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.boxes.BoxEvaluation;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.words.Remedy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * What a job does once model and pictures are there, step by step.
 *
 * @param graft what it is done with
 * @param folder of the run
 * @param boxes what is known of boxes, where the head finds some
 * @param listener hears of it
 * @param cancel ends it
 */
record JobSteps(
    Graft graft,
    RunFolder folder,
    Optional<BoxData> boxes,
    JobListener listener,
    CancellationToken cancel) {

  /** What other views than those of the first training cost, on top of what more pictures cost. */
  private static final double MORE_VIEWS = 1.1;

  /** The same where layers below the head learn, for which more views are more steps. */
  private static final double MORE_BELOW = 1.5;

  /** All of it, from training to the report. */
  JobResult all(Model start, Parts parts) {
    listener.on(new JobEvent.FolderMade(folder.path()));
    try {
      Run run = train(start, parts);
      cancel.check();
      JobScoring scoring = new JobScoring(this, run, parts);
      Path version = published(scoring, run);
      cancel.check();
      JobScoring.Scored scored = scoring.own(version);
      Path report = told(scored, run);
      return new JobResult(run, parts, version, scored.score(), folder.path(), report);
    } catch (CancellationException e) {
      listener.on(new JobEvent.Stopped(folder.path()));
      throw e;
    }
  }

  /** Tries rates. */
  RateCurve rates(Model start, Parts parts) {
    TrainOptions options = learning(watched(folder.job().options(), listener, cancel), parts);
    Precision precision = folder.job().precision();
    RateCurve curve = graft.findRate(start, seen(parts), options, precision);
    listener.on(new JobEvent.RatesTried(curve, folder.report(curve)));
    return curve;
  }

  private Run train(Model start, Parts parts) {
    listener.on(
        new JobEvent.TrainingBegun(HeadOrigin.of(start), givesVectors(), BoxInput.maps(start)));
    TrainOptions options = watched(folder.options(), listener, cancel);
    boolean refits = boxes.isPresent() && folder.job().training().refit();
    JobSteps first = refits ? with(boxes.map(BoxData::forChoosing)) : this;
    TrainOptions learning = first.learning(options, parts);
    Run run = graft.train(start, first.seen(parts), learning, folder.job().precision());
    if (boxes.isPresent()) {
      run = again(start, parts, run);
    }
    listener.on(new JobEvent.Trained(run));
    return run;
  }

  /** {@code options} with the recipe for boxes, where some are learned. */
  private TrainOptions learning(TrainOptions options, Parts parts) {
    return boxes.isEmpty() ? options : options.recipe(recipe(parts));
  }

  private JobSteps with(Optional<BoxData> others) {
    return new JobSteps(graft, folder, others, listener, cancel);
  }

  /** What was chosen by the validation part goes on, to learn from that part, too. */
  private Run again(Model start, Parts parts, Run chosen) {
    Dataset validation = parts.validation();
    boolean refits = folder.job().training().refit();
    Map<String, TensorValue> answers = graft.predict(chosen.model(), validation, scoring(chosen));
    BoxEvaluation score = boxes.orElseThrow().found(validation, answers).evaluation();
    Duration spent =
        Spent.in(
            folder.path(), chosen.times().values().stream().reduce(Duration.ZERO, Duration::plus));
    double longer = chosen.recipe().fineTunes().isEmpty() ? MORE_VIEWS : MORE_BELOW;
    double more = longer * (1 + (double) validation.size() / parts.train().size());
    Optional<TrainOptions> left = refits ? folder.refitting(spent, more) : Optional.empty();
    if (left.isEmpty()) {
      Optional<String> why =
          refits
              ? Optional.of(
                  "there is no time to learn it once more, from all views and from the validation"
                      + " pictures, too")
              : Optional.empty();
      listener.on(new JobEvent.Chosen(score, false, why));
      return TrainingStep.instead(showing(chosen, score), parts);
    }
    BoxData now = boxes.orElseThrow();
    ChosenEpochs epochs = folder.chosenEpochs(chosen.recipe());
    boolean alike = false;
    String why = epochs.words(validation.size());
    Parts all = new Parts(now.without(parts.test()), validation, parts.test(), parts.notes());
    if (now.mayTurn(all.train().size())) {
      double upright = chosen.validation().loss(); // of the same views
      UpsideDown losses =
          UpsideDown.in(
              folder.path(),
              () -> new UpsideDown(upright, loss(chosen, now.upsideDown(validation))));
      alike = losses.isAlike();
      why = losses.words() + "; " + why;
    }
    listener.on(new JobEvent.Chosen(score, true, Optional.of(why)));
    TrainOptions options = watched(left.get(), listener, cancel);
    JobSteps second = alike ? with(Optional.of(now.turned())) : this;
    TrainOptions asLong = options.recipe(epochs.by(validation.size()).of(second.recipe(all)));
    // by the weights it is known what goes on, and not by scores, which differ by the machine
    Model begun = chosen.model().toBuilder().provenance(start.provenance()).build();
    Run learned = graft.train(begun, second.seen(all), asLong, folder.job().precision());
    boolean isKept = !learned.model().variables().equals(begun.variables());
    return TrainingStep.instead(showing(after(chosen, learned), score), isKept ? all : parts);
  }

  /** {@code run}, its model with the threshold that validation chose for its boxes. */
  private static Run showing(Run run, BoxEvaluation score) {
    double threshold = score.threshold();
    if (threshold == 0) {
      return run; // nothing was found there
    }
    List<Head> heads = run.model().heads().stream().map(head -> head.threshold(threshold)).toList();
    return TrainingStep.with(run, run.model().toBuilder().heads(heads).build());
  }

  private double loss(Run run, Dataset pictures) {
    return graft.evaluate(run.model(), pictures, scoring(run)).loss();
  }

  /** The second training, with what the first took, and how that did on what it had not seen. */
  private static Run after(Run first, Run second) {
    Map<Progress.Phase, Duration> times = new EnumMap<>(Progress.Phase.class);
    first.times().forEach((phase, time) -> times.merge(phase, time, Duration::plus));
    second.times().forEach((phase, time) -> times.merge(phase, time, Duration::plus));
    List<String> decisions = new ArrayList<>(first.decisions());
    decisions.addAll(second.decisions());
    TrainingEvent.Features features =
        new TrainingEvent.Features(
            first.features().computed() + second.features().computed(),
            first.features().reused(),
            second.features().bytes());
    return new Run(second.model(), second.recipe(), first.validation(), decisions, times, features);
  }

  private Parts seen(Parts parts) {
    return boxes.map(all -> all.seen(parts, folder.job().training().seed())).orElse(parts);
  }

  /** How boxes are learned. */
  private Recipe recipe(Parts parts) {
    BoxData learned = boxes.orElseThrow();
    Recipe recipe = recipe(learned, folder.job(), parts.train().size());
    return size(folder.job()).map(size -> learned.inMemory(recipe, size, parts)).orElse(recipe);
  }

  /** How boxes on so many pictures are learned where memory is no matter. */
  static Recipe recipe(BoxData boxes, Job job, int pictures) {
    int views = boxes.ways(pictures);
    Recipe recipe = job.training().toRecipe(named -> BoxData.usual(named, pictures, views));
    return boxes.onViews(recipe, pictures);
  }

  /** To which size pictures are brought, if that is said or chosen. */
  static Optional<BoxSize> size(Job job) {
    return job.surgery().size().map(size -> new BoxSize(size.height(), size.width()));
  }

  boolean givesVectors() {
    return folder.job().surgery().head() == HeadChoice.EMBEDDING;
  }

  /** What the run published before it was stopped, or else what it publishes now. */
  private Path published(JobScoring scoring, Run run) {
    Optional<Path> before = folder.published();
    if (before.isPresent()) {
      if (!Files.isDirectory(before.get())) { // an old model would come above newer ones
        throw new BadRequestException(
            "this run was published as '"
                + before.get()
                + "', which was removed since; begin a new run to publish it again.",
            Remedy.NEW_RUN);
      }
      listener.on(new JobEvent.PublishedBefore(before.get()));
      return before.get();
    }
    try {
      Version version = scoring.publish();
      listener.on(new JobEvent.Published(version));
      return version.path();
    } catch (RefusedException e) {
      told(scoring.own(folder.path()), run);
      listener.on(new JobEvent.Refused(folder.path(), e.figures()));
      throw e;
    }
  }

  /** Tells how it did on the test part, and writes the report. */
  private Path told(JobScoring.Scored scored, Run run) {
    JobScore score = scored.score();
    listener.on(new JobEvent.Scored(score, scored.time()));
    Path report = folder.report(run, score.part(), score.evaluation(), scored.more());
    listener.on(new JobEvent.Reported(report));
    return report;
  }

  /** With what a job is scored: nobody hears how far that is. */
  TrainOptions scoring(Run run) {
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
