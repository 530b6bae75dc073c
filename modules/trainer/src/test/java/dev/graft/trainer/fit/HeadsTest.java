package dev.graft.trainer.fit;

import static dev.graft.surgeon.edit.Edits.addHead;
import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadDataException;
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
import dev.graft.trainer.internal.head.HeadPhase;
import dev.graft.trainer.internal.task.HeadGoal;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.listener.Callback;
import dev.graft.trainer.listener.Callbacks;
import dev.graft.trainer.listener.Pace;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.loss.Objective;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.LabelScore;
import dev.graft.trainer.score.Evaluator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Heads of every kind learn, alone and together, from data whose rule is known. */
class HeadsTest {

  private static final Model BACKBONE =
      SavedModelImporter.load(Zoo.model("keras2/dense_mlp").savedModel());
  private static final InputSpec INPUT = BACKBONE.inputs().get(0);
  private static final int WIDTH = (int) INPUT.shape().dim(-1);
  private static final int COUNT = 200;
  private static final Labels SIGN = Labels.of("negative", "positive");
  private static final Labels TRAITS = Labels.of("first", "second", "both");
  private static final Split SPLIT = Split.of(70, 30, 0);

  private static final float[] X = new float[COUNT * WIDTH];
  private static final int[] POSITIVE = new int[COUNT];
  private static final float[] HOLDS = new float[COUNT * 3];
  private static final float[] NUMBERS = new float[COUNT * 2];

  private static TensorFlowRuntime runtime;

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

  private static Map<String, TensorValue> inputs() {
    return Map.of(INPUT.name(), TensorValue.of(Shape.of(COUNT, WIDTH), X));
  }

  private static Answers traits() {
    return Answers.anyOf(TRAITS, TensorValue.of(Shape.of(COUNT, 3), HOLDS));
  }

  private static Answers numbers() {
    return Answers.numbers(TensorValue.of(Shape.of(COUNT, 2), NUMBERS));
  }

  private static Model model(HeadSpec head) {
    return BACKBONE.with(freeze(Where.all()), replaceHead(head));
  }

  /** Trains the head, and scores the model before and after. */
  private static Evaluation[] learn(Model model, Answers answers, Recipe recipe) {
    return learn(model, Dataset.of(inputs(), answers), recipe);
  }

  private static Evaluation[] learn(Model model, Dataset data, Recipe recipe) {
    Parts parts = data.split(SPLIT);
    Evaluation before = Evaluator.evaluate(runtime, model, parts.validation(), recipe.objectives());
    Run run = Trainer.fit(runtime, model, Plans.headOnly(), parts, recipe);
    Evaluation after =
        Evaluator.evaluate(runtime, run.model(), parts.validation(), recipe.objectives());
    assertThat(after.loss()).isEqualTo(run.validation().loss());
    return new Evaluation[] {before, after};
  }

  @Test
  void anyNumberOfLabels() {
    Evaluation[] scores =
        learn(model(HeadSpec.multiLabel(TRAITS)), traits(), Recipe.headOnly().seed(1));
    assertThat(scores[1].accuracy()).isGreaterThan(0.75).isGreaterThan(scores[0].accuracy());
    assertThat(scores[1].metric("auc")).isGreaterThan(0.85);
    assertThat(scores[1].perClass())
        .extracting(LabelScore::label)
        .containsExactlyElementsOf(TRAITS.names());
    assertThat(scores[1].perClass().stream().mapToDouble(LabelScore::recall).sum() / 3)
        .isCloseTo(scores[1].metric("recall"), within(1e-12));
    assertThatThrownBy(() -> scores[1].confusion()).isInstanceOf(BadRequestException.class);
  }

  @Test
  void numbersFarFromZero() {
    Evaluation[] scores =
        learn(model(HeadSpec.regression(2)), numbers(), Recipe.headOnly().seed(1));
    assertThat(scores[0].metric("rmse")).isGreaterThan(50);
    assertThat(scores[1].metric("rmse")).isLessThan(12);
    assertThat(scores[1].metric("mae")).isLessThan(scores[1].metric("rmse"));
  }

  @Test
  void aHeadWithAHiddenLayerIsTrainedStepByStep() {
    Model model = model(HeadSpec.singleLabel(SIGN).hidden(8));
    Run run =
        Trainer.fit(
            runtime,
            model,
            Plans.headOnly(),
            Dataset.of(inputs(), Answers.oneOf(SIGN, POSITIVE)).split(SPLIT),
            Recipe.headOnly().seed(1));
    assertThat(run.validation().accuracy()).isGreaterThan(0.8);
    assertThat(run.decisions())
        .anyMatch(sentence -> sentence.matches("training head .* step by step: kept, .*"));
  }

  /** All training examples in each step, at a rate that moves nothing: only the masks differ. */
  @Test
  void aHeadWithDropoutAloneDropsInStepsOfItsOwn() {
    Model model = model(HeadSpec.singleLabel(SIGN).dropout(0.5));
    Parts parts = Dataset.of(inputs(), Answers.oneOf(SIGN, POSITIVE)).split(SPLIT);
    FineTune still = FineTune.head().rate(1e-9).batch(COUNT).epochs(3).patience(Integer.MAX_VALUE);
    List<Double> losses = losses(model, parts, still, 1);
    assertThat(losses).hasSize(3).doesNotHaveDuplicates();
    double inference = Evaluator.evaluate(runtime, model, parts.train(), Objectives.usual()).loss();
    assertThat(losses).allMatch(loss -> Math.abs(loss - inference) > 1e-3);
    assertThat(Math.abs(losses.get(1) - losses.get(0))).isGreaterThan(1e-3);
    assertThat(losses(model, parts, still, 1)).isEqualTo(losses);
    assertThat(losses(model, parts, still, 2).get(0)).isNotEqualTo(losses.get(0));

    FineTune steps = FineTune.head().rate(0.05).epochs(20);
    Run run = run(model, parts, steps, 1);
    assertThat(run.validation().accuracy()).isGreaterThan(0.8);
    assertThat(run.decisions())
        .anyMatch(sentence -> sentence.matches("training head .* step by step: kept, .*"))
        .noneMatch(sentence -> sentence.contains("L2 strength"));
    assertThat(SmallTraining.digest(run(model, parts, steps, 1).model()))
        .isEqualTo(SmallTraining.digest(run.model()));
  }

  private static Run run(Model model, Parts parts, FineTune steps, long seed, Callback... heard) {
    Recipe recipe = Recipe.headOnly().head(Recipe.HeadSettings.defaults().steps(steps)).seed(seed);
    return Trainer.fit(runtime, model, Plans.headOnly(), parts, recipe, heard);
  }

  private static List<Double> losses(Model model, Parts parts, FineTune steps, long seed) {
    List<Double> losses = new ArrayList<>();
    Callback noting =
        new Callback() {
          @Override
          public void onStep(Step step) {
            losses.add(step.loss());
          }
        };
    try {
      run(model, parts, steps, seed, noting);
    } catch (FailedCheckException e) {
      assertThat(e).hasMessageContaining("learned nothing"); // at a rate that moves nothing
    }
    return losses;
  }

  @Test
  void twoAnswersFromOneBackboneEachByItsOwnLoss() {
    Model model =
        BACKBONE.with(
            freeze(Where.all()),
            replaceHead(HeadSpec.singleLabel(SIGN).named("sign")),
            addHead(HeadSpec.regression(2).named("numbers").hidden(8)));
    Dataset data =
        Dataset.of(inputs(), Map.of("sign", Answers.oneOf(SIGN, POSITIVE), "numbers", numbers()));
    Objectives objectives =
        Objectives.usual().with("numbers", Objective.huber()).weigh("numbers", 0.1);
    Recipe recipe =
        Recipe.headOnly()
            .head(Recipe.HeadSettings.defaults().steps(FineTune.head().rate(0.03)))
            .objectives(objectives)
            .seed(1);
    Evaluation[] scores = learn(model, data, recipe);
    assertThat(scores[1].perLabel().keySet()).containsExactly("sign");
    assertThat(scores[1].perClass().stream().mapToInt(LabelScore::count).sum())
        .isEqualTo(scores[1].count());
    assertThat(scores[1].metric("sign/accuracy")).isGreaterThan(0.8);
    assertThat(scores[1].metric("numbers/mae")).isLessThan(scores[0].metric("numbers/mae") / 2);
    assertThat(scores[1].loss())
        .isCloseTo(
            scores[1].metric("sign/loss") + 0.1 * scores[1].metric("numbers/loss"), within(1e-6));
    Recipe away =
        recipe.head(Recipe.HeadSettings.defaults().steps(FineTune.head().rate(3e38).batch(COUNT)));
    assertThatThrownBy(() -> learn(model, data, away))
        .as("one head is solved by then, but the other is as it was drawn")
        .isInstanceOf(FailedCheckException.class);
  }

  @Test
  void anEmbeddingBringsExamplesOfOneLabelTogether() {
    Evaluation[] scores =
        learn(
            model(HeadSpec.embedding(4)),
            Answers.oneOf(SIGN, POSITIVE),
            Recipe.headOnly()
                .head(Recipe.HeadSettings.defaults().steps(FineTune.head().rate(0.01)))
                .seed(1));
    assertThat(scores[1].loss()).isLessThan(scores[0].loss() - 0.3);
  }

  @Test
  void examplesThatCountNothingTeachNothing() {
    int[] wrong = POSITIVE.clone();
    float[] weights = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      weights[i] = i % 2;
      wrong[i] = i % 2 == 0 ? 1 - wrong[i] : wrong[i];
    }
    Dataset data = Dataset.of(inputs(), Answers.oneOf(SIGN, wrong));
    Dataset truth = Dataset.of(inputs(), Answers.oneOf(SIGN, POSITIVE));
    for (HeadSpec head :
        new HeadSpec[] {HeadSpec.singleLabel(SIGN), HeadSpec.singleLabel(SIGN).hidden(4)}) {
      Parts parts = new Parts(data.weighted(weights), truth, truth);
      Run run =
          Trainer.fit(runtime, model(head), Plans.headOnly(), parts, Recipe.headOnly().seed(1));
      assertThat(run.validation().accuracy()).isGreaterThan(0.7); // by the wrong ones: below 0.3
    }
  }

  /** As Keras' val_loss with weights of its own: the weighted sum, divided by the examples. */
  @Test
  void examplesThatCountNothingDoNotDecide() {
    Model model = model(HeadSpec.singleLabel(SIGN));
    int[] wrong = POSITIVE.clone();
    float[] some = new float[COUNT];
    float[] twice = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      some[i] = i % 2;
      twice[i] = 2;
      wrong[i] = i % 2 == 0 ? 1 - wrong[i] : wrong[i];
    }
    Dataset truth = Dataset.of(inputs(), Answers.oneOf(SIGN, POSITIVE));
    Dataset data = Dataset.of(inputs(), Answers.oneOf(SIGN, wrong));
    Evaluation all = Evaluator.evaluate(runtime, model, truth);
    Evaluation counted = Evaluator.evaluate(runtime, model, truth.weighted(some));
    Evaluation despite = Evaluator.evaluate(runtime, model, data.weighted(some));
    assertThat(despite.loss()).isEqualTo(counted.loss()).isLessThan(all.loss());
    assertThat(despite.accuracy()).isNotEqualTo(counted.accuracy());
    assertThat(counted.metrics()).isEqualTo(all.metrics()); // each example counts once there
    assertThat(Evaluator.evaluate(runtime, model, truth.weighted(twice)).loss())
        .isCloseTo(2 * all.loss(), within(1e-9));
  }

  @Test
  void anInfinityThatReachesTheHeadIsNamed() {
    float[] x = X.clone();
    x[7 * WIDTH] = Float.NEGATIVE_INFINITY;
    TensorValue values = TensorValue.of(Shape.of(COUNT, WIDTH), x);
    Dataset data = Dataset.of(Map.of(INPUT.name(), values), Answers.oneOf(SIGN, POSITIVE));
    Parts parts = new Parts(data, data, data);
    Model model = model(HeadSpec.singleLabel(SIGN));
    assertThatThrownBy(
            () -> Trainer.fit(runtime, model, Plans.headOnly(), parts, Recipe.headOnly()))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll("row 7 holds -Infinity", "correct the example");
    HeadGoal goal = Task.of(model, data, Objectives.usual()).headGoals().get(0);
    Pace quiet = new Pace(Callbacks.of(), Progress.Phase.HEAD, "steps", 1, 1);
    assertThatThrownBy(
            () ->
                new HeadPhase(runtime, Recipe.HeadSettings.defaults(), 1)
                    .train(values, data, goal, quiet))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll("reads an infinity made of row 7", "leave it out");
  }

  /** Too few fail deep in TensorFlow, too many and a single one would pass. */
  @Test
  void thereIsAClassWeightForEachLabelOrNone() {
    Model one = model(HeadSpec.singleLabel(SIGN).named("sign"));
    Model any = model(HeadSpec.multiLabel(TRAITS).named("traits"));
    Answers signs = Answers.oneOf(SIGN, POSITIVE);
    for (double[] weights : new double[][] {{1}, {1, 2, 3}}) {
      refused(one, signs, "sign", Objective.crossEntropy().classWeights(weights), "2 labels");
    }
    for (double[] weights : new double[][] {{1}, {1, 2}, {1, 2, 3, 4}}) {
      refused(
          any,
          traits(),
          "traits",
          Objective.binaryCrossEntropy().classWeights(weights),
          "3 labels");
    }
    Objective fitting = Objective.crossEntropy().classWeights(1, 2);
    assertThat(
            Task.of(one, Dataset.of(inputs(), signs), Objectives.usual().with("sign", fitting))
                .goals())
        .hasSize(1);
  }

  private static void refused(
      Model model, Answers answers, String head, Objective objective, String labels) {
    Objectives objectives = Objectives.usual().with(head, objective);
    assertThatThrownBy(() -> Task.of(model, Dataset.of(inputs(), answers), objectives))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("class weights", "'" + head + "'", labels, "or none");
  }

  @Test
  void whatDoesNotFitIsRefusedWithTheRemedy() {
    Answers one = Answers.oneOf(SIGN, POSITIVE);
    Recipe recipe = Recipe.headOnly();
    assertThatThrownBy(() -> learn(model(HeadSpec.multiLabel(SIGN)), one, recipe))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("has one label; use a single-label head");
    assertThatThrownBy(() -> learn(model(HeadSpec.regression(3)), numbers(), recipe))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("gives 3 numbers");
    assertThatThrownBy(
            () ->
                learn(
                    model(HeadSpec.singleLabel(SIGN).named("sign")),
                    one,
                    recipe.objectives(
                        Objectives.usual().with("sign", Objective.binaryCrossEntropy()))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("does not fit head 'sign', which is single-label")
        .hasMessageContaining("CrossEntropy");
    assertThatThrownBy(
            () ->
                learn(
                    model(HeadSpec.singleLabel(SIGN)),
                    one,
                    recipe.objectives(Objectives.usual().weigh("sine", 2))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("[sine]");
    assertThatThrownBy(() -> Answers.oneOf(SIGN, 0, 1, 2))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("row 2 has label 2, but there are labels 0 to 1");
    assertThatThrownBy(
            () -> Answers.numbers(TensorValue.of(Shape.of(2), new float[] {1, Float.NaN})))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("row 1");
    assertThatThrownBy(
            () ->
                learn(
                    model(HeadSpec.singleLabel(SIGN).named("sign")),
                    Dataset.of(inputs(), Map.of("sgn", one)),
                    recipe))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("no answers for head 'sign'")
        .hasMessageContaining("[sgn]");
  }

  /** That of two or more is a question, see KeptHeadTest. */
  @Test
  void aLoneOutputHasNoOrder() {
    Labels one = Labels.of("holds");
    Model named = model(HeadSpec.multiLabel(one).named("lone"));
    dev.graft.model.Head head = named.heads().get(0);
    Model untold =
        named.toBuilder()
            .heads(
                com.google.common.collect.ImmutableList.of(
                    new dev.graft.model.Head(
                        head.name(),
                        head.kind(),
                        java.util.Optional.empty(),
                        head.features(),
                        head.logits(),
                        head.output(),
                        head.units())))
            .build();
    Answers holds = Answers.anyOf(one, TensorValue.of(Shape.of(COUNT, 1), new float[COUNT]));
    assertThat(Task.of(untold, Dataset.of(inputs(), holds), Objectives.usual()).goals()).hasSize(1);
  }

  /** Shares from a table have few digits: seven times 0.14 are 0.98. */
  @Test
  void roundedSharesOfManyLabelsAreShares() {
    Labels seven = Labels.of("a", "b", "c", "d", "e", "f", "g");
    Model model = model(HeadSpec.singleLabel(seven).named("seven"));
    float[] shares = new float[COUNT * 7];
    java.util.Arrays.fill(shares, 0.14f);
    Task unused =
        Task.of(
            model,
            Dataset.of(inputs(), Answers.anyOf(seven, TensorValue.of(Shape.of(COUNT, 7), shares))),
            Objectives.usual());
    java.util.Arrays.fill(shares, 0.13f);
    Dataset less =
        Dataset.of(inputs(), Answers.anyOf(seven, TensorValue.of(Shape.of(COUNT, 7), shares)));
    assertThatThrownBy(() -> Task.of(model, less, Objectives.usual()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("add up to 1");
  }
}
