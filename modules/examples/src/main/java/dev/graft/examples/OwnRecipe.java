package dev.graft.examples;

import static dev.graft.surgeon.edit.Edits.replaceHead;

import dev.graft.Graft;
import dev.graft.Precision;
import dev.graft.Settings;
import dev.graft.data.Parts;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.CsvLog;
import dev.graft.trainer.listener.Epoch;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TensorBoardLog;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.loss.Objective;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.loss.Penalty;
import dev.graft.trainer.metric.Classification;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.Interval;
import dev.graft.trainer.metric.LabelScore;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.LayerRates;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.trainer.optimizer.Schedule;
import java.io.PrintStream;
import java.nio.file.Path;

/** A training of which everything is chosen by hand, and its score label by label. */
public final class OwnRecipe {

  private OwnRecipe() {}

  /** The choices; what is not named is as in {@code Recipe.headThenTop}. */
  public static Recipe recipe() {
    // docs begin
    Optimizer optimizer = Optimizer.adamW().decay(Optimizer.WeightDecay.of(1e-4));
    FineTune top =
        FineTune.top()
            .share(0.5)
            .optimizer(optimizer)
            .schedule(Schedule.cosine().warmUp(0.1))
            .clipping(Clipping.byGlobalNorm(1))
            .rates(LayerRates.falling(0.8))
            .epochs(3)
            .stop(EarlyStop.onLoss(2))
            .batchNorm(FineTune.BatchNorm.INFERENCE);
    Objective smooth = Objective.crossEntropy().smoothing(0.1);
    Objectives objectives = Objectives.usual().with("shape", smooth).penalty(Penalty.l2(1e-5));
    return Recipe.headThenTop().then(top).objectives(objectives).keepBy("accuracy").seed(7);
    // docs end
  }

  /** What happens is told event by event, on the thread that trains. */
  private static void tell(TrainingEvent event, PrintStream out) {
    if (event instanceof Step step && step.number() % 100 == 0) {
      out.println("step " + step.number() + ", loss " + step.loss());
    } else if (event instanceof Progress progress && progress.done() == progress.total()) {
      out.println(progress.phase() + " is done");
    }
  }

  /**
   * Looks for a rate, trains, and prints how each label came out.
   *
   * @param dir for checkpoints, with which the same call goes on where it was killed, and logs
   */
  public static Classification teach(Path network, Parts pictures, Path dir, PrintStream out) {
    Model model =
        Graft.load(network)
            .with(replaceHead(HeadSpec.singleLabel(pictures.labels()).named("shape")));
    Settings settings = Settings.defaults().featureMemory(0.3);
    try (Graft graft = Graft.open(settings)) {
      RateCurve curve = graft.findRate(model, pictures, TrainOptions.by(recipe()), Precision.AUTO);
      curve.suggestion().ifPresent(rate -> out.println("a rate of " + rate + " would do"));
      TrainOptions options =
          TrainOptions.by(recipe())
              .checkpoints(Checkpoints.in(dir.resolve("checkpoints")))
              .cancellation(new CancellationToken()) // for another thread to pause or cancel
              .listener(CsvLog.to(dir.resolve("log.csv")))
              .listener(TensorBoardLog.in(dir.resolve("tensorboard")))
              .listener(TrainingListener.to(Epoch.class, epoch -> out.println(epoch)))
              .listener(event -> tell(event, out));
      Run run = graft.train(model, pictures, options, Precision.AUTO);
      Evaluation test = graft.evaluate(run.model(), pictures.test());
      Classification answers = test.classification().orElseThrow();
      Interval sure = answers.interval();
      out.printf("%.2f, between %.2f and %.2f%n", test.accuracy(), sure.low(), sure.high());
      for (LabelScore label : test.perClass()) {
        out.println(label.label() + ": " + label.correct() + " of " + label.count());
      }
      return answers;
    }
  }
}
