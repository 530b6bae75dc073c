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
import dev.graft.error.BadRequestException;
import dev.graft.error.FailedCheckException;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.loss.Objective;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.LabelScore;
import dev.graft.trainer.score.Evaluator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Heads of every kind learn, alone and together, from data whose rule is known. */
class HeadsTest extends HeadsFixture {
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

  /** What is answered need not be the logits. */
  @Test
  void numbersAreScoredByWhatIsAnswered() {
    Model model = model(HeadSpec.regression(2));
    Head head = model.heads().get(0);
    GraphEditor editor = model.graph().edit();
    TensorRef none = new Scope(editor, "test").add("ZerosLike", head.logits());
    Head mute =
        new Head(head.name(), head.kind(), head.labels(), head.features(), head.logits(), none, 2);
    Model other = model.toBuilder().graph(editor.build()).heads(List.of(mute)).build();
    Dataset data = Dataset.of(inputs(), numbers());
    double wanted = IntStream.range(0, NUMBERS.length).mapToDouble(i -> Math.abs(NUMBERS[i])).sum();
    assertThat(Evaluator.evaluate(runtime, other, data).metric("mae"))
        .isCloseTo(wanted / NUMBERS.length, within(1e-4));
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
            TrainOptions.by(Recipe.headOnly().seed(1)));
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
    double inference = Evaluator.evaluate(runtime, model, parts.train()).loss();
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
}
