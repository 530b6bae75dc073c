package dev.graft.job;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.Publication;
import dev.graft.Settings;
import dev.graft.Version;
import dev.graft.error.BadRequestException;
import dev.graft.error.InputOutputException;
import dev.graft.internal.boxes.ChosenEpochs;
import dev.graft.savedmodel.file.Durable;
import dev.graft.savedmodel.file.FolderDigest;
import dev.graft.savedmodel.file.HeldFile;
import dev.graft.savedmodel.file.Interrupts;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.listener.CsvLog;
import dev.graft.trainer.listener.TensorBoardLog;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.words.Remedy;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder of one run of a {@link Job}: what the job is ({@code run.json}), how far it has come
 * ({@code checkpoints}, {@code log.csv}, {@code tensorboard}), and what became of it ({@code
 * report.html}, {@code published.txt}). With it a run that was stopped can go on. As long as it is
 * open nobody else can open it: two that went on with one run would spoil each other's checkpoints.
 */
public final class RunFolder implements AutoCloseable {

  private static final System.Logger LOGGER = System.getLogger(RunFolder.class.getName());

  private static final int FORMAT = 8;
  private static final String JOB = "run.json";
  private static final String CHECKPOINTS = "checkpoints";
  private static final String LOG = "log.csv";
  private static final String REPORT = "report.html";
  private static final String PUBLISHED = "published.txt";
  private static final String PUBLISHING = "publishing.txt";
  private static final String LOCK = ".lock";

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Path path;
  private final Job job;
  private final Settings settings;
  private final HeldFile lock;

  private RunFolder(Path path, Job job, Settings settings, HeldFile lock) {
    this.path = path;
    this.job = job;
    this.settings = settings;
    this.lock = lock;
  }

  /**
   * Makes the folder {@code <runs>/<name>-<number>} with the first number that is free.
   *
   * @param settings how TensorFlow runs, which a run that goes on should have again
   * @throws BadRequestException if it cannot be written, or it or the job's versions would lie
   *     among the pictures, where they would be taken for pictures the next time
   */
  public static RunFolder create(Job job, Settings settings) {
    return create(job, settings, false);
  }

  /**
   * As {@link #create}, for a search of the rate for {@code job}: nobody can go on with that, since
   * it trains nothing that is kept.
   */
  public static RunFolder createForRate(Job job, Settings settings) {
    return create(job, settings, true);
  }

  private static RunFolder create(Job asked, Settings settings, boolean findsRate) {
    requireNonNull(asked, "job");
    requireNonNull(settings, "settings");
    Path runs = asked.runs();
    asked.requireApart(runs, "the folder of the run");
    asked.requireApart(asked.out(), "what is published");
    Job job = asked.pinned();
    StoredJob stored = StoredJob.of(FORMAT, job, settings, findsRate);
    try {
      Durable.makeFolders(runs);
      for (int number = 1; ; number++) {
        Path folder = runs.resolve(job.name() + "-" + number);
        try {
          Files.createDirectory(folder);
        } catch (FileAlreadyExistsException e) {
          continue;
        }
        try {
          Durable.write(folder.resolve(JOB), JSON.writeValueAsBytes(stored));
          Durable.syncFolder(folder);
          Durable.syncFolder(runs);
        } catch (IOException e) {
          dropHalfMade(folder);
          throw e;
        }
        return new RunFolder(folder, job, settings, lock(folder));
      }
    } catch (IOException e) {
      throw new InputOutputException(
          "no folder for the run can be made in '"
              + runs
              + "' ("
              + e.getMessage()
              + "); make it writable, or start from another folder.",
          e);
    }
  }

  /** Nothing can be resumed from what a full disk left of it. */
  private static void dropHalfMade(Path folder) {
    try {
      Durable.delete(folder);
    } catch (IOException e) { // what is told is the failure that led here
      LOGGER.log(Level.WARNING, "cannot delete " + folder + ", of which only a part was made", e);
    }
  }

  /**
   * The run in {@code folder}.
   *
   * @throws BadRequestException if there is none, it was written by another version of Graft, it
   *     only looked for a rate, or somebody is at work on it
   */
  public static RunFolder open(Path folder) {
    requireNonNull(folder, "folder");
    try {
      JsonNode tree = JSON.readTree(Files.readAllBytes(folder.resolve(JOB)));
      if (!tree.path("format").isInt()) { // an empty file, for one
        throw new BadRequestException(
            "'"
                + folder.resolve(JOB)
                + "' is damaged: it does not hold the job of a run; begin a new run.",
            Remedy.NEW_RUN);
      }
      int format = tree.path("format").asInt();
      if (format != FORMAT) { // before its fields are looked at: they may be others
        throw new BadRequestException(
            "'"
                + folder
                + "' has the format "
                + format
                + ", this version of Graft reads "
                + FORMAT
                + "; resume it with the version that began it.");
      }
      StoredJob stored = JSON.treeToValue(tree, StoredJob.class);
      if (stored.findsRate()) {
        throw new BadRequestException(
            "'"
                + folder
                + "' only looked for a rate, so there is nothing to go on with; begin a new run.",
            Remedy.NEW_RUN);
      }
      stored.training().toRecipe(); // fails if a name in it is not known
      return new RunFolder(folder, stored.job(folder), stored.settings(), lock(folder));
    } catch (NoSuchFileException e) {
      throw new BadRequestException(
          "'" + folder + "' is no run: it has no " + JOB + "; give a folder such as runs/photos-1.",
          e);
    } catch (JsonProcessingException e) {
      throw new BadRequestException(
          "'"
              + folder.resolve(JOB)
              + "' is damaged: "
              + e.getOriginalMessage()
              + "; mend it, or begin a new run.",
          e);
    } catch (IOException e) {
      throw new InputOutputException(
          "'" + folder.resolve(JOB) + "' cannot be read (" + e.getMessage() + ").", e);
    }
  }

  /** Holds the folder until it is let go or the process ends. */
  private static HeldFile lock(Path folder) {
    try {
      return HeldFile.of(folder.resolve(LOCK))
          .orElseThrow(
              () ->
                  new BadRequestException(
                      "'"
                          + folder
                          + "' is at work in another process, or elsewhere in this one; wait for"
                          + " that, or stop it first."));
    } catch (IOException e) {
      throw new InputOutputException(
          "'"
              + folder
              + "' cannot be written ("
              + e.getMessage()
              + "); to go on with the run make it writable, with all that is in it.",
          e);
    }
  }

  /** Lets others go on with the run. */
  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw notWritable(e);
    }
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /** What is done in it. */
  public Job job() {
    return job;
  }

  /** How TensorFlow ran when it was begun: with the same the outcome is the same to the bit. */
  public Settings settings() {
    return settings;
  }

  /**
   * How its training is done, kept from being lost and written down: {@code checkpoints}, the table
   * {@code log.csv}, and {@code tensorboard} for {@code tensorboard --logdir}.
   */
  public TrainOptions options() {
    return job.options()
        .checkpoints(Checkpoints.in(path.resolve(CHECKPOINTS)))
        .listener(CsvLog.to(path.resolve(LOG)))
        .listener(TensorBoardLog.in(path.resolve("tensorboard")));
  }

  /**
   * How what was chosen is learned once more, which takes so many times as long as it took; with no
   * table, which is of the first training. None if there is no time for it.
   */
  Optional<TrainOptions> refitting(Duration spent, double longer) {
    Path second = path.resolve(CHECKPOINTS + "-refit");
    TrainOptions all = job.options().checkpoints(Checkpoints.in(second));
    Duration needed = Duration.ofMillis((long) (spent.toMillis() * longer));
    Optional<Duration> left = all.time().map(time -> time.minus(spent));
    return left.isPresent()
        ? left.filter(time -> time.compareTo(needed) >= 0).map(all::time)
        : Optional.of(all);
  }

  /** How much of the first training, by {@code recipe}, did the validation part good. */
  ChosenEpochs chosenEpochs(Recipe recipe) {
    try {
      return ChosenEpochs.by(path.resolve(LOG), recipe);
    } catch (IOException e) {
      throw notWritable(e);
    }
  }

  /**
   * Writes {@code report.html}: scores, curves, confusions and decisions on one page.
   *
   * @param scored what {@code score} was made on: {@code test} or {@code validation}
   */
  public Path report(Run run, String scored, Evaluation score) {
    return report(run, scored, score, "");
  }

  /** As the other form, with {@code more} on the page. */
  Path report(Run run, String scored, Evaluation score, String more) {
    requireNonNull(run, "run");
    requireNonNull(scored, "scored");
    requireNonNull(score, "score");
    try {
      String name = String.valueOf(path.getFileName());
      Report report = new Report(scored, score, more);
      return written(REPORT, report.page(name, job, run, path.resolve(LOG)));
    } catch (IOException e) {
      throw notWritable(e);
    }
  }

  /** Writes {@code rates.svg}, a picture of how the loss went with the rate. */
  public Path report(RateCurve curve) {
    requireNonNull(curve, "curve");
    try {
      return written("rates.svg", Report.of(curve));
    } catch (IOException e) {
      throw notWritable(e);
    }
  }

  /** Whole or not at all. */
  private Path written(String name, String text) throws IOException {
    Path file = path.resolve(name);
    Durable.replace(file, text.getBytes(StandardCharsets.UTF_8));
    return file;
  }

  private InputOutputException notWritable(IOException e) {
    return new InputOutputException(
        "'" + path + "' cannot be written (" + e.getMessage() + "); make room there.", e);
  }

  /** Deletes the folder of a job that failed before there was anything to go on from. */
  public void dropIfUnused() {
    try {
      if (!Files.exists(path.resolve(CHECKPOINTS)) || isEmpty(path.resolve(CHECKPOINTS))) {
        close();
        Durable.delete(path);
        LOGGER.log(Level.INFO, "{0} is gone again: its run ended with nothing to go on from", path);
      }
    } catch (IOException e) {
      throw notWritable(e);
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.findAny().isEmpty();
    }
  }

  /** This run with other terms of publication; both are closed as one. */
  public RunFolder on(Publication terms) {
    return new RunFolder(path, job.toBuilder().publication(terms).build(), settings, lock);
  }

  /**
   * Remembers that the version at {@code path} is about to appear, so that a run that is killed the
   * moment after does not publish it once more.
   *
   * @param digest of what it will hold
   */
  void publishing(Path version, String digest) {
    try {
      written(PUBLISHING, digest + "\n" + StoredJob.absolute(version) + "\n");
    } catch (IOException e) {
      throw notWritable(e);
    }
  }

  /** Remembers what was published; its scores and {@link #report} are still to come. */
  public void done(Version version) {
    requireNonNull(version, "version");
    try {
      Interrupts.shielded(() -> written(PUBLISHED, StoredJob.absolute(version.path()) + "\n"));
    } catch (IOException e) {
      throw notWritable(e);
    }
  }

  /** Whether there is nothing left to do: a version is published, and the report written. */
  public boolean isFinished() {
    return published().isPresent() && Files.exists(path.resolve(REPORT));
  }

  /** The version that it was published as, if it has come so far. */
  public Optional<Path> published() {
    try {
      List<String> lines = lines(PUBLISHED);
      if (!lines.isEmpty() && !lines.get(0).isBlank()) {
        return Optional.of(Path.of(lines.get(0).strip()));
      }
      List<String> intended = lines(PUBLISHING);
      if (intended.size() < 2) {
        return Optional.empty();
      }
      Path version = Path.of(intended.get(1).strip());
      boolean isIt =
          Files.exists(version.resolve("saved_model.pb"))
              && FolderDigest.of(version).equals(intended.get(0).strip());
      return isIt ? Optional.of(version) : Optional.empty();
    } catch (IOException e) {
      throw new InputOutputException("'" + path + "' cannot be read (" + e.getMessage() + ").", e);
    }
  }

  private List<String> lines(String name) throws IOException {
    Path file = path.resolve(name);
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }
}
