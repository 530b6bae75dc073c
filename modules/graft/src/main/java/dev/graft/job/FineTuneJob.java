package dev.graft.job;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.Graft;
import dev.graft.Machine;
import dev.graft.data.Dataset;
import dev.graft.data.KnownFiles;
import dev.graft.data.Parts;
import dev.graft.error.BadRequestException;
import dev.graft.error.GraftException;
import dev.graft.error.RefusedException;
import dev.graft.internal.boxes.BoxData;
import dev.graft.internal.boxes.BoxSize;
import dev.graft.internal.boxes.BoxSizing;
import dev.graft.model.Model;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.Run;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.words.Note;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * The main job: a backbone and pictures in, a served model out. Set-up, split, training,
 * publishing, the score of the test part and the report, with a folder of the run that lets a job
 * which was cancelled or killed go on.
 *
 * <pre>{@code
 * Job job = Job.of(backbone, Path.of("photos"), Path.of("serving/photos")).build();
 * try (Graft graft = Graft.open()) {
 *   JobResult result = FineTuneJob.run(graft, job, event -> {});
 * }
 * }</pre>
 */
public final class FineTuneJob {

  private static final System.Logger LOG = System.getLogger(FineTuneJob.class.getName());

  private final Job job;
  private final Optional<RunFolder> begun;
  private final Optional<BoxData> boxes;
  private final Model backbone;
  private final Dataset pictures;
  private final Model start;

  private FineTuneJob(Job asked, Optional<RunFolder> begun) {
    this.begun = begun;
    asked.requireKnown();
    this.backbone = asked.readBackbone();
    Optional<BoxData> read =
        asked.surgery().head() == HeadChoice.BOXES
            ? Optional.of(
                begun.isEmpty()
                    ? BoxData.read(asked.pictures())
                    : BoxData.readAgain(asked.pictures()))
            : Optional.empty();
    Optional<Dataset> drawn = read.map(BoxData::dataset);
    Optional<BoxData> learned =
        read.map(all -> all.learned(drawn.orElseThrow().split(asked.split())));
    Optional<BoxSizing> sizing = learned.map(all -> sizing(all, asked));
    this.job = sizing.map(by -> sized(asked, by.size())).orElse(asked);
    this.boxes = read.flatMap(all -> sizing.map(by -> all.atMost(by.mostViews())));
    Dataset all = drawn.orElseGet(asked::readPictures);
    boolean chooses = sizing.isPresent() && begun.isEmpty(); // what goes on has told it
    this.pictures = chooses ? noted(all, notes(learned.get(), sizing.get())) : all;
    Dataset shown = learned.map(BoxData::dataset).orElse(pictures);
    this.start = job.start(backbone, shown); // what does not fit is said at once
    JobScoring.requireKnown(job, start);
  }

  private static BoxSizing sizing(BoxData boxes, Job asked) {
    int pictures = boxes.set().pictures().size();
    return new BoxSizing(
        boxes.set(),
        views -> JobSteps.recipe(boxes.atMost(views), asked, pictures),
        asked.training().refit() ? 2 : 1,
        asked.training().time(),
        JobSteps.size(asked));
  }

  private static Job sized(Job asked, BoxSize size) {
    return asked.surgery(asked.surgery().size(size.height(), size.width()));
  }

  /** What was chosen of size, views and batches, and why. */
  private static List<Note> notes(BoxData learned, BoxSizing by) {
    List<Note> notes = new ArrayList<>(by.notes());
    int most = by.mostViews();
    learned.atMost(most).dense(by.recipes().apply(most), by.size()).ifPresent(notes::add);
    return notes;
  }

  private static Dataset noted(Dataset pictures, List<Note> notes) {
    Dataset noted = pictures;
    for (Note note : notes) {
      noted = noted.noted(note);
    }
    return noted;
  }

  /**
   * Sets a job up: reads model and pictures, and operates on the model. No native code runs.
   *
   * @throws GraftException if one cannot be read, or they do not go together
   */
  public static FineTuneJob of(Job job) {
    requireNonNull(job, "job");
    return new FineTuneJob(job.pinned(), Optional.empty());
  }

  /**
   * Sets a job up that was begun in {@code folder}, to go on with; the folder stays open.
   *
   * @throws BadRequestException if nothing is left to do
   */
  public static FineTuneJob in(RunFolder folder) {
    requireNonNull(folder, "folder");
    if (folder.isFinished()) {
      throw new BadRequestException(
          "'"
              + folder.path()
              + "' is finished: it was published as "
              + folder.published().orElseThrow()
              + ".");
    }
    return new FineTuneJob(folder.job(), Optional.of(folder));
  }

  /** Sets {@code job} up and does it. */
  public static JobResult run(Graft graft, Job job, JobListener listener) {
    CancellationToken never = new CancellationToken();
    JobListener heard = heard(graft, listener, never);
    return reading(heard, () -> of(job)).run(graft, heard, never);
  }

  /**
   * Goes on with the run in a folder, with the model, the pictures and the settings that it began
   * with. What was published already is not published again.
   *
   * @param graft opened with {@link RunFolder#settings}, if the outcome is to be the same to the
   *     bit
   * @throws BadRequestException if it is no run, somebody is at work on it, or nothing is left to
   *     do
   */
  public static JobResult resume(Graft graft, Path run, JobListener listener) {
    try (RunFolder folder = RunFolder.open(run)) {
      CancellationToken never = new CancellationToken();
      JobListener heard = heard(graft, listener, never);
      return reading(heard, () -> in(folder)).run(graft, heard, never);
    }
  }

  /**
   * Does the job.
   *
   * @param cancel ends it: training before its next step, with a checkpoint to go on from, and
   *     after that before the model is published and while the test part is scored
   * @throws java.util.concurrent.CancellationException if it was cancelled; {@link #resume} goes on
   * @throws GraftException if it fails; a new run that has nothing to go on from leaves no folder
   */
  public JobResult run(Graft graft, JobListener listener, CancellationToken cancel) {
    JobListener heard = heard(graft, listener, cancel);
    Graft.requirePublishable(job.out());
    if (job.publication().features()) {
      graft.requireFeatures(job.surgery().finished(start)); // else it fails once all is trained
    }
    Machine machine = graft.machine();
    Parts parts = begin(machine, heard);
    if (begun.isPresent()) {
      return steps(graft, begun.get(), heard, cancel).all(start, parts);
    }
    try (RunFolder folder = RunFolder.create(job, machine.settings())) {
      try {
        return steps(graft, folder, heard, cancel).all(start, parts);
      } catch (RefusedException e) {
        throw e; // its report and what was trained stay
      } catch (GraftException e) { // unfit pictures, or an unfit model, leave nothing behind
        folder.dropIfUnused();
        throw e;
      }
    }
  }

  /**
   * Finds a rate for the first stretch of fine-tuning, or for the head, and draws how; nothing is
   * published.
   */
  public RateCurve findRate(Graft graft, JobListener listener, CancellationToken cancel) {
    JobListener heard = heard(graft, listener, cancel);
    Graft.requirePublishable(job.out());
    Machine machine = graft.machine();
    Parts parts = begin(machine, heard);
    try (RunFolder folder = RunFolder.createForRate(job, machine.settings())) {
      try {
        return steps(graft, folder, heard, cancel).rates(start, parts);
      } catch (GraftException e) {
        folder.dropIfUnused();
        throw e;
      }
    }
  }

  /**
   * Trains and scores the test part, and neither publishes nor writes anything: what the job would
   * come to.
   */
  public Evaluation trial(Graft graft, JobListener listener, CancellationToken cancel) {
    if (boxes.isPresent()) {
      throw new BadRequestException(
          "a trial is of labels or numbers; boxes are scored by the job that publishes them.");
    }
    JobListener heard = heard(graft, listener, cancel);
    Parts parts = begin(graft.machine(), heard);
    TrainOptions options = JobSteps.watched(job.options(), heard, cancel);
    Run run = graft.train(start, parts, options, job.precision());
    return graft.evaluate(
        run.model(), parts.test(), TrainOptions.by(run.recipe()).cancellation(cancel));
  }

  private JobSteps steps(
      Graft graft, RunFolder folder, JobListener listener, CancellationToken cancel) {
    Optional<BoxData> kept = boxes.map(all -> all.keptIn(folder.path()));
    return new JobSteps(graft, folder, kept, listener, cancel);
  }

  private Parts begin(Machine machine, JobListener listener) {
    ImmutableList<String> leftOut = ImmutableList.copyOf(Surgery.leftOut(backbone, start));
    Optional<KnownFiles> files = machine.settings().featureFolder().map(KnownFiles::in);
    Dataset known = files.map(pictures::knownBy).orElse(pictures);
    listener.on(new JobEvent.Begun(machine, known, start, leftOut));
    Parts divided = reading(listener, () -> known.split(job.split()));
    Parts parts = boxes.map(all -> all.shownIn(divided)).orElse(divided);
    files.ifPresent(KnownFiles::save);
    listener.on(new JobEvent.Divided(parts, job.split()));
    return Job.fitting(parts, start);
  }

  private static <T> T reading(JobListener listener, Supplier<T> work) {
    return TrainingListener.whileReading(
        progress -> listener.on(new JobEvent.OfTraining(progress)), work);
  }

  /** {@code listener}, whose failures are logged and stop nothing; refuses what is null. */
  private static JobListener heard(Graft graft, JobListener listener, CancellationToken cancel) {
    requireNonNull(graft, "graft");
    requireNonNull(listener, "listener");
    requireNonNull(cancel, "cancel");
    AtomicBoolean told = new AtomicBoolean();
    return event -> {
      try {
        listener.on(event);
      } catch (RuntimeException e) {
        if (!told.getAndSet(true)) {
          LOG.log(System.Logger.Level.WARNING, "a listener of a job failed; the job goes on", e);
        }
      }
    };
  }
}
