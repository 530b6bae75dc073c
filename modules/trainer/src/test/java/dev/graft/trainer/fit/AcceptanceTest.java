package dev.graft.trainer.fit;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.keepHead;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.surgeon.edit.Edits.unfreeze;
import static dev.graft.trainer.SmallTraining.MODEL;
import static dev.graft.trainer.SmallTraining.PLAIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.BadRequestException;
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
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Objective;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.metric.Classification;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.score.Evaluator;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** One metric decides what is kept of all that a run trains, and it is told which. */
class AcceptanceTest {

  private static final Parts PARTS = SmallTraining.parts();

  private static Acceptance of(Recipe recipe, Parts parts) {
    return Acceptance.of(
        recipe, Task.of(MODEL, parts.train(), recipe.objectives()), parts.validation());
  }

  @Test
  void theMetricThatWasNamedDecidesThenWeightsThenAccuracy() {
    Recipe plain = Recipe.headThenTop();
    assertThat(of(plain, PARTS).metric()).isEqualTo("accuracy");
    String head = MODEL.heads().get(0).name();
    Recipe weighted =
        plain.objectives(
            Objectives.usual().with(head, Objective.crossEntropy().classWeights(1, 2, 3)));
    assertThat(of(weighted, PARTS).metric()).isEqualTo("loss");
    assertThat(of(weighted, PARTS).words()).contains("loss", "labels count by the weights");
    float[] counts = new float[PARTS.validation().size()];
    Arrays.fill(counts, 2);
    Dataset alike = PARTS.validation().weighted(counts);
    counts[0] = 1;
    Dataset differing = PARTS.validation().weighted(counts);
    float[] learned = new float[PARTS.train().size()];
    learned[0] = 3;
    Dataset train = PARTS.train().weighted(learned);
    assertThat(of(plain, new Parts(train, alike, alike)).metric())
        .as("by what is scored, whatever is learned from")
        .isEqualTo("accuracy");
    assertThat(of(plain, new Parts(PARTS.train(), differing, alike)).words())
        .contains("the loss", "examples count by the weights");
    for (String metric : List.of("f1", "loss")) {
      Recipe monitored = weighted.each(each -> each.stop(EarlyStop.on(metric, 3)));
      assertThat(of(monitored, PARTS).metric()).isEqualTo(metric);
    }
    assertThat(of(plain.each(each -> each.stop(EarlyStop.onLoss(3))), PARTS).metric())
        .isEqualTo("loss");
    Recipe asked = weighted.keepBy("auc");
    assertThat(of(asked, PARTS).metric()).isEqualTo("auc");
    assertThat(asked.told().fineTunes()).allMatch(each -> each.stop().metric().equals("auc"));
    assertThat(asked.told().head().steps().stop().metric()).isEqualTo("auc");
  }

  @Test
  void whatCannotDecideIsRefused() {
    Recipe two =
        Recipe.headOnly().then(PLAIN.stop(EarlyStop.on("f1", 1)), PLAIN.stop(EarlyStop.onLoss(1)));
    assertThatThrownBy(() -> of(two, PARTS))
        .isInstanceOf(BadRequestException.class)
        .asString()
        .contains("[f1, loss]", "Recipe.keepBy");
    assertThat(of(two.keepBy("f1"), PARTS).metric()).isEqualTo("f1");
    assertThatThrownBy(() -> of(Recipe.headOnly().keepBy("f2"), PARTS))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("no metric 'f2'");
  }

  /**
   * The rare label counts nineteen times: a head that came with the model and never answers it is
   * replaced by one that does, though fewer answers are right; unless accuracy was named.
   */
  @Test
  void whereLabelsHaveWeightsASolvedHeadIsTakenByTheWeightedLoss() {
    Model backbone = SavedModelImporter.load(Zoo.model("keras2/dense_mlp").savedModel());
    InputSpec input = backbone.inputs().get(0);
    int width = (int) input.shape().dim(-1);
    Labels labels = Labels.of("common", "rare");
    Random random = new Random(5);
    int count = 300;
    float[] x = new float[count * width];
    int[] y = new int[count];
    for (int i = 0; i < count; i++) {
      y[i] = i % 20 == 0 ? 1 : 0;
      for (int j = 0; j < width; j++) {
        x[i * width + j] = (float) random.nextGaussian() + (j == 0 && y[i] == 1 ? 1 : 0);
      }
    }
    Dataset all =
        Dataset.of(
            Map.of(input.name(), TensorValue.of(Shape.of(count, width), x)),
            Answers.oneOf(labels, y));
    Parts parts = new Parts(all, all, all);
    Model fresh =
        backbone.with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(labels).named("h")));
    Objectives balanced =
        Objectives.usual().with("h", Objective.crossEntropy().classWeights(1, 19));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Model plain =
          Trainer.fit(runtime, fresh, Plans.headOnly(), parts, TrainOptions.by(Recipe.headOnly()))
              .model();
      Model kept = plain.with(keepHead(), unfreeze(Where.head()));
      Recipe recipe = Recipe.headOnly().objectives(balanced);
      Run run = Trainer.fit(runtime, kept, Plans.headOnly(), parts, TrainOptions.by(recipe));
      assertThat(run.decisions())
          .anyMatch(each -> each.startsWith("what is kept is decided by the loss on validation"))
          .anyMatch(each -> each.endsWith("on validation; replaced"));
      Evaluation before = Evaluator.evaluate(runtime, kept, all, TrainOptions.by(recipe));
      assertThat(run.validation().accuracy()).isLessThan(before.accuracy());
      assertThat(run.validation().loss()).isLessThan(before.loss());
      Run named =
          Trainer.fit(
              runtime, kept, Plans.headOnly(), parts, TrainOptions.by(recipe.keepBy("accuracy")));
      assertThat(named.decisions()).anyMatch(each -> each.endsWith("on validation; kept"));
    }
  }

  @Test
  void aStretchIsKeptByThatMetric() {
    Evaluation before = scores(4, 2, ImmutableMap.of("accuracy", 0.75));
    Evaluation now = scores(4, 1, ImmutableMap.of("accuracy", 0.5));
    Stage stage = Stage.of(1, "a stretch", PLAIN, ImmutableList.of());
    TrainingLoop.Result tuned = new TrainingLoop.Result(ImmutableMap.of(), 1, true, 1, 1);
    assertThat(new Acceptance("loss", "").whyNot(stage, tuned, before, now)).isEmpty();
    assertThat(new Acceptance("accuracy", "").whyNot(stage, tuned, before, now))
        .contains("accuracy 0.500 is no better than 0.750 before it on validation");
  }

  @Test
  void theDecidingMetricIsSaidBesideAccuracy() {
    Evaluation served = scores(6, 1, ImmutableMap.of("accuracy", 0.5, "f1", 0.3556));
    assertThat(served.words("f1")).endsWith("(0.500), f1 0.356");
    assertThat(served.words("accuracy")).endsWith("(0.500)");
  }

  private static Evaluation scores(int count, double loss, Map<String, Double> metrics) {
    List<Integer> zeros = Collections.nCopies(count, 0);
    List<Integer> half = IntStream.range(0, count).mapToObj(i -> 2 * i < count ? 0 : 1).toList();
    return new Evaluation(
        count,
        loss,
        metrics,
        ImmutableMap.of(),
        Optional.of(new Classification(Labels.of("common", "rare"), zeros, half)),
        ImmutableSet.of());
  }
}
