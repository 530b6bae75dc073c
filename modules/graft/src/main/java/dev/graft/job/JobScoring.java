package dev.graft.job;

import dev.graft.Gallery;
import dev.graft.Graft;
import dev.graft.Publication;
import dev.graft.Trust;
import dev.graft.Version;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.BadRequestException;
import dev.graft.exporter.Exporter;
import dev.graft.internal.boxes.BoxData;
import dev.graft.internal.boxes.BoxFindings;
import dev.graft.internal.card.CardFacts;
import dev.graft.internal.card.Discretion;
import dev.graft.internal.card.PartFacts;
import dev.graft.internal.card.Publisher;
import dev.graft.internal.card.ScoreFacts;
import dev.graft.internal.card.TrainingStep;
import dev.graft.internal.gate.Figures;
import dev.graft.internal.place.ModelFolder;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.Run;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.words.Words;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Scores versions on the test part of a job, as their files have them: its own before anybody sees
 * it, and the one that was published before where they are held against each other.
 */
final class JobScoring implements Publisher {

  /**
   * How a version did.
   *
   * @param score on the test part
   * @param more for the report
   * @param time how long it took to find out
   */
  record Scored(JobScore score, String more, Duration time) {}

  private static final System.Logger LOG = System.getLogger(JobScoring.class.getName());

  private static final String FOUND = "accuracy"; // of a search
  private static final String TEST = "test";
  private static final String VALIDATION = "validation";

  private final JobSteps steps;
  private final Run run;
  private final Parts parts;
  private @Nullable Scored own;

  JobScoring(JobSteps steps, Run run, Parts parts) {
    this.steps = steps;
    this.run = run;
    this.parts = parts;
  }

  /**
   * Makes sure before anything is trained that what is asked for can be answered.
   *
   * @throws BadRequestException if a metric is not known, features cannot be given, or the version
   *     that is published now cannot be held against
   */
  static void requireKnown(Job job, Model start) {
    Publication terms = job.publication();
    if (terms.features()) {
      Exporter.requireFeatures(start);
    }
    boolean searches = job.surgery().head() == HeadChoice.EMBEDDING;
    Set<String> names =
        searches ? Set.of(FOUND, Figures.LATENCY, Figures.SIZE) : Figures.names(start.heads());
    for (String metric : terms.required().keySet()) {
      if (!names.contains(metric)) {
        throw Figures.unknown(metric, names);
      }
    }
    Path now = ModelFolder.version(terms.base());
    if (terms.notWorse() && !now.equals(terms.base()) && !searches) {
      List<Head> heads = Graft.load(now, Trust.ALLOW).heads();
      for (Head head : start.heads()) {
        if (heads.stream().noneMatch(its -> answersAs(its, head))) {
          throw new BadRequestException(
              "the version that is published now, '"
                  + now
                  + "', does not know all that this one is to learn ("
                  + head.labels().map(labels -> "" + labels.names()).orElse("" + head.kind())
                  + "), so neither can be held against the other; ask for figures instead, or publish"
                  + " elsewhere.");
        }
      }
    }
  }

  private static boolean answersAs(Head its, Head mine) {
    List<String> asked = mine.labels().map(Labels::names).orElse(List.of());
    List<String> known = its.labels().map(Labels::names).orElse(List.of());
    return its.kind().targets() == mine.kind().targets()
        && (asked.isEmpty() ? its.units() == mine.units() : known.containsAll(asked));
  }

  /** Publishes what was trained, unless it is not as good as the job asks for. */
  Version publish() {
    RunFolder folder = steps.folder();
    Version version =
        steps
            .graft()
            .publish(
                folder.job().surgery().finished(run.model()),
                folder.job().publication().examples(parts.validation()),
                scoring(),
                this);
    folder.done(version);
    return version;
  }

  @Override
  public Optional<Figures.Scorer> scorer() {
    return Optional.of(this::figures);
  }

  @Override
  public void about(Path version, String digest) {
    steps.folder().publishing(version, digest);
  }

  @Override
  public CardFacts facts(Path version) {
    JobScore score = own(version).score();
    ScoreFacts test =
        score instanceof JobScore.Boxes found
            ? ScoreFacts.of(TEST, found.boxes())
            : score instanceof JobScore.Found found
                ? ScoreFacts.found(TEST, found.right(), found.count())
                : ScoreFacts.of(TEST, score.evaluation());
    RunFolder folder = steps.folder();
    Job job = folder.job();
    Discretion discretion =
        Discretion.of(parts, folder.path(), job.pictures(), job.model(), job.out());
    return new CardFacts(
        source(job),
        List.of(
            PartFacts.of("training", "which it learned from", parts.train()),
            PartFacts.of(
                VALIDATION,
                "by which it was decided what is kept"
                    + (learnsAll() ? ", and which it learned from in the end, too" : ""),
                parts.validation()),
            PartFacts.of(TEST, "on which it was scored once", parts.test())),
        Optional.of(
            new CardFacts.Training(
                run.recipe(), Words.of(job.precision()), discretion.of(run.decisions()))),
        List.of(test, ScoreFacts.of(VALIDATION, run.validation())));
  }

  /** Whether what was chosen was learned once more, from the validation part, too. */
  private boolean learnsAll() {
    return TrainingStep.examples(run.model())
        .filter(examples -> examples > parts.train().size())
        .isPresent();
  }

  private static String source(Job job) {
    String form = Files.isRegularFile(job.pictures()) ? "in a table" : "in folders";
    return job.surgery().head() == HeadChoice.BOXES
        ? "Pictures with boxes drawn around what they show."
        : "Pictures, and what is said of each " + form + ".";
  }

  /** How the job's own version did, which lies in this folder. */
  Scored own(Path version) {
    Scored known = own;
    if (known == null) {
      known = score(version);
      own = known;
    }
    return known;
  }

  private Figures figures(Path version) {
    Scored scored = own == null ? own(version) : score(version); // its own is the first asked for
    JobScore score = scored.score();
    Figures all =
        score instanceof JobScore.Boxes found
            ? Figures.of(found.boxes())
            : score instanceof JobScore.Found
                ? Figures.of(score.metric(), score.value())
                : Figures.of(score.evaluation());
    Optional<String> monitor = steps.folder().job().training().monitor();
    return monitor.map(all::deciding).orElse(all);
  }

  private Scored score(Path version) {
    LOG.log(Level.DEBUG, "the version is to be scored");
    long begin = System.nanoTime();
    Model model = Graft.load(version, Trust.ALLOW);
    LOG.log(Level.DEBUG, "the version is read again");
    JobScore score;
    String more = "";
    if (steps.boxes().isPresent()) {
      Head head = model.heads().get(0);
      BoxData all = steps.boxes().get();
      BoxData boxes = head.labels().map(all::inOrderOf).orElse(all);
      BoxFindings found = boxes.found(parts.test(), answers(model, parts.test()));
      score = new JobScore.Boxes(found.evaluation());
      double threshold = head.threshold().orElseGet(() -> found.evaluation().threshold());
      more = new BoxReport(found, threshold).section();
    } else {
      score = steps.givesVectors() ? search(model) : evaluated(model);
    }
    LOG.log(Level.DEBUG, "the version is scored");
    return new Scored(score, more, Duration.ofNanos(System.nanoTime() - begin));
  }

  private JobScore evaluated(Model model) {
    Dataset test = parts.test();
    Evaluation score = steps.graft().evaluate(model, Figures.inOrderOf(model, test), scoring());
    if (!test.isOneLabel()) {
      return new JobScore.Measured(score);
    }
    Optional<String> decided =
        steps.folder().job().training().monitor().filter(m -> !m.equals("accuracy"));
    return new JobScore.Told(score, decided.map(m -> Map.entry(m, score.metric(m))));
  }

  /** Scores the vectors that the model gives as a search does. */
  private JobScore search(Model model) {
    Gallery gallery = Gallery.of(vectors(model, parts.train()), parts.train());
    TensorValue asked = vectors(model, parts.test());
    int right = 0;
    for (int i = 0; i < parts.test().size(); i++) {
      Gallery.Match nearest = gallery.nearest(asked, i, 1).get(0);
      right += parts.train().label(nearest.example()) == parts.test().label(i) ? 1 : 0;
    }
    return new JobScore.Found(right, parts.test().size(), run.validation());
  }

  private TensorValue vectors(Model model, Dataset pictures) {
    return answers(model, pictures).values().iterator().next();
  }

  private Map<String, TensorValue> answers(Model model, Dataset pictures) {
    return steps.graft().predict(model, pictures, scoring());
  }

  private TrainOptions scoring() {
    return steps.scoring(run);
  }
}
