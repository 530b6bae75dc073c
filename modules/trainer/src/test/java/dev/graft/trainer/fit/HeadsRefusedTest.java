package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.internal.head.HeadPhase;
import dev.graft.trainer.internal.task.HeadGoal;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.loss.Objective;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.score.Evaluator;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What heads, data and objectives do not fit each other is refused, and what counts nothing counts
 * nothing.
 */
class HeadsRefusedTest extends HeadsFixture {
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
          Trainer.fit(
              runtime,
              model(head),
              Plans.headOnly(),
              parts,
              TrainOptions.by(Recipe.headOnly().seed(1)));
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
            () ->
                Trainer.fit(
                    runtime, model, Plans.headOnly(), parts, TrainOptions.by(Recipe.headOnly())))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll("row 7 holds -Infinity", "correct the example");
    HeadGoal goal = Task.of(model, data, Objectives.usual()).headGoals().get(0);
    Pace quiet = new Pace(SmallTraining.NOBODY, Progress.Phase.HEAD, "steps", 1, 1);
    assertThatThrownBy(
            () ->
                new HeadPhase(runtime, Recipe.HeadSettings.defaults(), 1)
                    .train(RowTable.of(values), data, goal, quiet))
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
