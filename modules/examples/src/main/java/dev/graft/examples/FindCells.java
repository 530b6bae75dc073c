package dev.graft.examples;

import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.Trust;
import dev.graft.answer.Answer;
import dev.graft.answer.Boxes;
import dev.graft.answer.Numbers;
import dev.graft.answer.Prediction;
import dev.graft.job.BoxExam;
import dev.graft.job.FineTuneJob;
import dev.graft.job.HeadChoice;
import dev.graft.job.Job;
import dev.graft.job.JobListener;
import dev.graft.job.JobResult;
import dev.graft.job.Surgery;
import dev.graft.job.Training;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.surgeon.BoxForm;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.edit.Edits;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.boxes.BoxEvaluation;
import dev.graft.trainer.boxes.LabelPrecision;
import dev.graft.trainer.boxes.PrecisionCurve;
import java.io.PrintStream;
import java.nio.file.Path;

/** A classifier learns to draw boxes around what is on a picture: cells in blood, say. */
public final class FindCells {

  private FindCells() {}

  /** Teaches a detector small pictures, so that it takes seconds; without a size one is chosen. */
  public static JobResult teach(Path network, Path pictures, Path dir, JobListener listener) {
    // docs begin
    Job job =
        Job.of(network, pictures, dir.resolve("serving"))
            .surgery(Surgery.standard().head(HeadChoice.BOXES).size(96, 128))
            .training(Training.by("head").headEpochs(1).refit(false))
            .runs(dir.resolve("runs"))
            .build();
    try (Graft graft = Graft.open()) {
      return FineTuneJob.run(graft, job, listener);
    }
    // docs end
  }

  /** What a model says of a picture, whatever kind of model it is. */
  public static String describe(Graft graft, Path version, Path picture, Path drawing) {
    try (LiveModel live = graft.serve(version, Trust.ALLOW)) {
      Answer answer = live.answer(picture);
      if (answer instanceof Boxes boxes) {
        boxes.atLeast(0.3).draw(picture, drawing);
      }
      return words(answer);
    }
  }

  private static String words(Answer answer) {
    if (answer instanceof Boxes boxes) {
      return boxes.found().size() + " boxes";
    }
    return answer instanceof Prediction prediction
        ? prediction.label()
        : ((Numbers) answer).values().toString();
  }

  /** Scores a detector as COCO does, and gives the precision at half of the boxes found. */
  public static double score(Graft graft, Path version, Path pictures, PrintStream out) {
    Model model = Graft.load(version, Trust.ALLOW);
    TrainOptions options = TrainOptions.by(Recipe.headOnly());
    BoxEvaluation score = BoxExam.of(model, pictures).score(graft, options);
    for (LabelPrecision label : score.labels()) {
      out.printf("%s: AP50 %.2f%n", label.label(), label.metrics().get("ap50"));
    }
    PrecisionCurve first = score.labels().get(0).curves().get(0);
    return first.precision().get(PrecisionCurve.POINTS / 2);
  }

  /** A head on maps that are named, for whoever knows the network. */
  public static Model byHand(Model backbone) {
    BoxForm form = BoxForm.standard().size(192, 256).usual(0.15, 0.1);
    return backbone.with(
        Edits.replaceHead(HeadSpec.boxes(Labels.of("red", "white", "platelet")).boxes(form)));
  }
}
