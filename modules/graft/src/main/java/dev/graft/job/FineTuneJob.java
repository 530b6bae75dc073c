package dev.graft.job;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.Graft;
import dev.graft.Settings;
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
import dev.graft.trainer.metric.Evaluation;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

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
    var unused = asked.recipe(); // a name that is not known is said before anything is read
    this.backbone = asked.readBackbone();
    this.boxes =
        asked.surgery().head() == HeadChoice.BOXES
            ? Optional.of(BoxData.read(asked.pictures()))
            : Optional.empty();
    Optional<BoxSizing> sizing =
        boxes.filter(all -> asked.surgery().size().isEmpty()).map(all -> sizing(all, asked));
    this.job = sizing.map(by -> sized(asked, by.size())).orElse(asked);
    Dataset read = boxes.map(BoxData::dataset).orElseGet(asked::readPictures);
    this.pictures = sizing.map(by -> read.noted(by.note())).orElse(read);
    this.start = job.start(backbone, pictures); // what does not fit is said at once
    JobScoring.requireKnown(job, start);
  }

  private static BoxSizing sizing(BoxData boxes, Job asked) {
    return new BoxSizing(
        boxes.set(),
        asked.recipe().isAuto() ? 0 : asked.recipe().fineTunes().size(),
        asked.training().time().orElse(BoxSizing.USUAL));
  }

  private static Job sized(Job asked, BoxSize size) {
    return asked.surgery(asked.surgery().size(size.height(), size.width()));
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
    return of(job).run(graft, listener, new CancellationToken());
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
      return in(folder).run(graft, listener, new CancellationToken());
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
    Parts parts = begin(graft, heard);
    Function<RunFolder, JobResult> work =
        folder -> new JobSteps(graft, folder, boxes, heard, cancel).all(start, parts);
    return begun.map(work).orElseGet(() -> in(RunFolder.create(job, settings(graft)), work));
  }

  /**
   * Finds a rate for the first stretch of fine-tuning, or for the head, and draws how; nothing is
   * published.
   */
  public RateCurve findRate(Graft graft, JobListener listener, CancellationToken cancel) {
    JobListener heard = heard(graft, listener, cancel);
    Graft.requirePublishable(job.out());
    Parts parts = begin(graft, heard);
    return in(
        RunFolder.createForRate(job, settings(graft)),
        folder -> new JobSteps(graft, folder, boxes, heard, cancel).rates(start, parts));
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
    Parts parts = begin(graft, heard);
    TrainOptions options = JobSteps.watched(job.options(), heard, cancel);
    Run run = graft.train(start, parts, options, job.precision());
    return graft.evaluate(
        run.model(), parts.test(), TrainOptions.by(run.recipe()).cancellation(cancel));
  }

  private Parts begin(Graft graft, JobListener listener) {
    ImmutableList<String> leftOut = ImmutableList.copyOf(Surgery.leftOut(backbone, start));
    Optional<KnownFiles> files = settings(graft).featureFolder().map(KnownFiles::in);
    Dataset known = files.map(pictures::knownBy).orElse(pictures);
    listener.on(new JobEvent.Begun(graft.machine(), known, start, leftOut));
    Parts parts = known.split(job.split());
    files.ifPresent(KnownFiles::save);
    listener.on(new JobEvent.Divided(parts, job.split()));
    return Job.fitting(parts, start);
  }

  private static Settings settings(Graft graft) {
    return graft.machine().settings();
  }

  /** A run whose pictures or model turn out to be unfit leaves nothing behind. */
  private static <T> T in(RunFolder made, Function<RunFolder, T> work) {
    try (RunFolder folder = made) {
      try {
        return work.apply(folder);
      } catch (RefusedException e) {
        throw e; // its report and what was trained stay
      } catch (GraftException e) {
        folder.dropIfUnused();
        throw e;
      }
    }
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
