package dev.graft.examples;

import dev.graft.Graft;
import dev.graft.InputRange;
import dev.graft.LiveModel;
import dev.graft.LoadOptions;
import dev.graft.Machine;
import dev.graft.ServeOptions;
import dev.graft.Settings;
import dev.graft.answer.Prediction;
import dev.graft.job.Baselines;
import dev.graft.job.Exam;
import dev.graft.job.FineTuneJob;
import dev.graft.job.HeadChoice;
import dev.graft.job.HeadForm;
import dev.graft.job.Job;
import dev.graft.job.JobListener;
import dev.graft.job.JobResult;
import dev.graft.job.JobScore;
import dev.graft.job.RunFolder;
import dev.graft.job.Surgery;
import dev.graft.job.Training;
import dev.graft.model.Model;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.metric.Evaluation;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The main job with a word in each of its parts, then the outcome put to use and to the test. */
public final class WholeJob {

  private WholeJob() {}

  /** Teaches a head with a hidden layer; the run's folder keeps what it needs to go on. */
  public static JobResult teach(
      Path network, Path pictures, Path dir, JobListener listener, PrintStream out) {
    // docs begin
    HeadForm form = HeadForm.standard().hidden(List.of(16)).dropout(0.2);
    Job job =
        Job.of(network, pictures, dir.resolve("serving"))
            .load(LoadOptions.defaults().inputRange(InputRange.named("0..255")))
            .surgery(Surgery.standard().head(HeadChoice.NEW).form(form))
            .training(Training.by("head").seed(7))
            .runs(dir.resolve("runs"))
            .build();
    Settings settings = Settings.defaults().threads(2, 2);
    try (Graft graft = Graft.open(settings);
        RunFolder folder = RunFolder.create(job, settings)) {
      Machine machine = graft.machine();
      out.println(machine.inShort());
      JobResult result = FineTuneJob.in(folder).run(graft, listener, new CancellationToken());
      JobScore score = result.score();
      out.printf("%s %.2f on the %s part%n", score.metric(), score.value(), score.part());
      return result;
    }
    // docs end
  }

  /** Scores what was published as {@code graft evaluate} does. */
  public static Evaluation examine(Path version, Path pictures) {
    try (Graft graft = Graft.open()) {
      Exam exam = Exam.of(Graft.load(version), pictures, Optional.empty());
      return graft.evaluate(exam.model(), exam.pictures());
    }
  }

  /** Asks what was published, giving up after ten seconds. */
  public static Prediction ask(Path version, Path picture) {
    try (Graft graft = Graft.open();
        LiveModel live =
            graft.serve(version, ServeOptions.defaults().timeout(Duration.ofSeconds(10)))) {
      return live.classify(picture);
    }
  }

  /** A network that knows nothing, to see what the backbone was good for. */
  public static Model nothingKnown() {
    return Baselines.rawPixels(8);
  }
}
