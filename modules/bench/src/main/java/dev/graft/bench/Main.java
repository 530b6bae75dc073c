package dev.graft.bench;

import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.data.Dataset;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.fit.Computing;
import dev.graft.trainer.fit.MeasuredLoop;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.score.Evaluator;
import dev.graft.trainer.score.FeatureReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Graft's side of {@code tools/bench/run}: does the work of one case, in turns. */
final class Main {

  /** Standard output is for figures. */
  private static final Consumer<Decision> LOG = each -> System.err.println(each.sentence());

  private static final int PASS = 8; // times the examples, in a pass for features

  private Main() {}

  public static void main(String[] arguments) throws IOException {
    Case work = Case.read(Path.of(arguments[0]));
    PrintStream out = System.out;
    Turns turns = new Turns(out);
    try {
      switch (work.work()) {
        case "gradients" -> gradients(work, turns);
        case "decode" -> Decoding.measure(work, turns);
        case "box-steps" -> BoxSteps.measure(work, turns);
        case "beside" -> BesideTraining.measure(work, turns);
        case "live", "together", "boxes" -> ServingTimes.measure(work, turns);
        default -> onRuntime(work, turns);
      }
    } catch (CancellationException e) {
      // the other end has seen enough
    }
  }

  private static void onRuntime(Case work, Turns turns) {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(work.options())) {
      switch (work.work()) {
        case "features" -> features(work, runtime, turns);
        case "photos" -> {
          Dataset photos = Dataset.imageFolder(work.service().photos());
          train(work, runtime, turns, work.model(photos), photos);
        }
        default -> {
          Model model = work.model();
          train(work, runtime, turns, model, work.examples(model));
        }
      }
    }
  }

  /** What is measured. */
  static String version() {
    return "Graft, TensorFlow " + TensorFlowRuntime.version();
  }

  private static void train(
      Case work, TensorFlowRuntime runtime, Turns turns, Model model, Dataset examples) {
    double loss = Evaluator.evaluate(runtime, model, examples).loss();
    Dataset few = examples.subset(new int[] {0, 1});
    try (MeasuredLoop loop =
        MeasuredLoop.open(
            new Computing(runtime, work.where().precision()),
            model,
            work.settings(),
            work.epoch(examples),
            few)) {
      turns.say(
          Map.of(
              "loss",
              loss,
              "trains",
              loop.trained(),
              "version",
              version(),
              "chosen",
              loop.chosen()));
      turns.bareStep(loop.bareStep());
      loop.run(TrainingListener.to(Decision.class, LOG), turns::await);
    }
  }

  /** Computes what the head reads of many examples, again and again; nothing is kept. */
  private static void features(Case work, TensorFlowRuntime runtime, Turns turns) {
    Model model = work.model();
    Dataset few = work.examples(model);
    int[] all = IntStream.range(0, PASS * few.size()).map(i -> i % few.size()).toArray();
    Dataset examples = few.subset(all);
    TrainOptions options = TrainOptions.by(Recipe.headOnly());
    Precision precision = work.where().precision();
    TrainOptions said = options.listener(TrainingListener.to(Decision.class, LOG));
    FeatureReader reader = new FeatureReader(runtime, precision);
    float[] found = reader.read(model, few, said).floats();
    double mean =
        IntStream.range(0, found.length)
            .mapToDouble(i -> Math.abs(found[i]))
            .average()
            .orElseThrow();
    turns.say(Map.of("loss", mean, "trains", 0, "version", version()));
    while (true) { // until there are no more turns
      turns.await();
      reader.read(model, examples, options);
    }
  }

  /** Builds the gradient graph of a model's answers once, in a JVM that has done nothing else. */
  private static void gradients(Case work, Turns turns) {
    Model model = work.model();
    TensorRef answers = model.servingSignature().outputs().values().iterator().next().tensor();
    List<TensorRef> handles =
        model.variables().stream().filter(Variable::trainable).map(Variable::handle).toList();
    String version = version(); // loads the library
    long began = System.nanoTime();
    GradientGraph found =
        Differentiator.gradients(model.graph(), List.of(answers), List.of(), handles);
    double seconds = (System.nanoTime() - began) / 1e9;
    turns.say(Map.of("seconds", seconds, "trains", found.gradients().size(), "version", version));
  }
}
