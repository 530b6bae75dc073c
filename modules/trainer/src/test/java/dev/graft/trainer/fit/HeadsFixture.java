package dev.graft.trainer.fit;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadRequestException;
import dev.graft.error.FailedCheckException;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.InputSpec;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.loss.Objective;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.score.Evaluator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** What HeadsTest and HeadsRefusedTest share. */
abstract class HeadsFixture {
  static final Model BACKBONE = SavedModelImporter.load(Zoo.model("keras2/dense_mlp").savedModel());

  static final InputSpec INPUT = BACKBONE.inputs().get(0);

  static final int WIDTH = (int) INPUT.shape().dim(-1);

  static final int COUNT = 200;

  static final Labels SIGN = Labels.of("negative", "positive");

  static final Labels TRAITS = Labels.of("first", "second", "both");

  static final Split SPLIT = Split.of(70, 30, 0);

  static final float[] X = new float[COUNT * WIDTH];

  static final int[] POSITIVE = new int[COUNT];

  static final float[] HOLDS = new float[COUNT * 3];

  static final float[] NUMBERS = new float[COUNT * 2];

  static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
    Random random = new Random(5);
    for (int i = 0; i < COUNT; i++) {
      for (int j = 0; j < WIDTH; j++) {
        X[i * WIDTH + j] = (float) random.nextGaussian() * (j < 2 ? 2 : 0.2f);
      }
      float a = X[i * WIDTH];
      float b = X[i * WIDTH + 1];
      POSITIVE[i] = a > 0 ? 1 : 0;
      HOLDS[3 * i] = a > 0 ? 1 : 0;
      HOLDS[3 * i + 1] = b > 0 ? 1 : 0;
      HOLDS[3 * i + 2] = a > 0 && b > 0 ? 1 : 0;
      NUMBERS[2 * i] = 100 + 10 * a;
      NUMBERS[2 * i + 1] = a - b;
    }
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static Map<String, TensorValue> inputs() {
    return Map.of(INPUT.name(), TensorValue.of(Shape.of(COUNT, WIDTH), X));
  }

  static Answers traits() {
    return Answers.anyOf(TRAITS, TensorValue.of(Shape.of(COUNT, 3), HOLDS));
  }

  static Answers numbers() {
    return Answers.numbers(TensorValue.of(Shape.of(COUNT, 2), NUMBERS));
  }

  static Model model(HeadSpec head) {
    return BACKBONE.with(freeze(Where.all()), replaceHead(head));
  }

  /** Trains the head, and scores the model before and after. */
  static Evaluation[] learn(Model model, Answers answers, Recipe recipe) {
    return learn(model, Dataset.of(inputs(), answers), recipe);
  }

  static Evaluation[] learn(Model model, Dataset data, Recipe recipe) {
    Parts parts = data.split(SPLIT);
    Evaluation before =
        Evaluator.evaluate(runtime, model, parts.validation(), TrainOptions.by(recipe));
    Run run = Trainer.fit(runtime, model, Plans.headOnly(), parts, TrainOptions.by(recipe));
    Evaluation after =
        Evaluator.evaluate(runtime, run.model(), parts.validation(), TrainOptions.by(recipe));
    assertThat(after.loss()).isEqualTo(run.validation().loss());
    return new Evaluation[] {before, after};
  }

  static Run run(
      Model model, Parts parts, FineTune steps, long seed, TrainingListener... listeners) {
    Recipe recipe = Recipe.headOnly().head(Recipe.HeadSettings.defaults().steps(steps)).seed(seed);
    return Trainer.fit(
        runtime, model, Plans.headOnly(), parts, SmallTraining.options(recipe, listeners));
  }

  static List<Double> losses(Model model, Parts parts, FineTune steps, long seed) {
    List<Double> losses = new ArrayList<>();
    TrainingListener noting = TrainingListener.to(Step.class, step -> losses.add(step.loss()));
    try {
      run(model, parts, steps, seed, noting);
    } catch (FailedCheckException e) {
      assertThat(e).hasMessageContaining("learned nothing"); // at a rate that moves nothing
    }
    return losses;
  }

  static void refused(
      Model model, Answers answers, String head, Objective objective, String labels) {
    Objectives objectives = Objectives.usual().with(head, objective);
    assertThatThrownBy(() -> Task.of(model, Dataset.of(inputs(), answers), objectives))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("class weights", "'" + head + "'", labels, "or none");
  }
}
