package dev.graft.trainer.fit;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.reinitialize;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
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
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.loss.Objective;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.optimizer.Schedule;
import dev.graft.trainer.score.Evaluator;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A head as it was drawn at random is never an alternative to the trained one. */
class FreshHeadTest {

  private static final Model BACKBONE =
      SavedModelImporter.load(Zoo.model("keras2/dense_mlp").savedModel());
  private static final InputSpec INPUT = BACKBONE.inputs().get(0);
  private static final int WIDTH = (int) INPUT.shape().dim(-1);
  private static final Labels LABELS = Labels.of("common", "rare");

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static Model model(long seed) {
    return BACKBONE.with(
        freeze(Where.all()),
        replaceHead(HeadSpec.singleLabel(LABELS).hidden(16).named("h").seed(seed)));
  }

  /** One in twenty is rare, and most of these lie where common ones lie, too. */
  private static Dataset unbalanced(long seed) {
    Random random = new Random(seed);
    int count = 200;
    float[] x = new float[count * WIDTH];
    int[] y = new int[count];
    for (int i = 0; i < count; i++) {
      y[i] = i % 20 == 0 ? 1 : 0;
      for (int j = 0; j < WIDTH; j++) {
        x[i * WIDTH + j] = (float) random.nextGaussian() + (j == 0 && y[i] == 1 ? 1.5f : 0);
      }
    }
    return Dataset.of(
        Map.of(INPUT.name(), TensorValue.of(Shape.of(count, WIDTH), x)), Answers.oneOf(LABELS, y));
  }

  private static Recipe recipe(FineTune steps) {
    Recipe head = Recipe.headOnly().seed(1);
    return head.head(head.head().steps(steps));
  }

  /**
   * A random head that answers "common" to all has 0.95 right; the trained one is to find others.
   */
  @Test
  void theLuckOfARandomHeadDoesNotCount() {
    Parts parts = new Parts(unbalanced(1), unbalanced(2), unbalanced(3));
    Model lucky = null;
    for (int seed = 0; lucky == null; seed++) {
      Model drawn = model(seed);
      double accuracy = Evaluator.evaluate(runtime, drawn, parts.validation()).accuracy();
      lucky = accuracy >= 0.95 ? drawn : null;
    }
    Recipe balanced =
        recipe(FineTune.head().epochs(15).rate(0.01).stop(EarlyStop.on("accuracy", 15)))
            .objectives(Objectives.usual().with("h", Objective.crossEntropy().classWeights(1, 19)));
    Run run = Trainer.fit(runtime, lucky, Plans.headOnly(), parts, TrainOptions.by(balanced));
    assertThat(run.validation().accuracy()).as("less than by luck").isLessThan(0.95);
    assertThat(run.validation().perClass().get(1).correct()).isPositive();
    assertThat(SmallTraining.digest(run.model())).isNotEqualTo(SmallTraining.digest(lucky));
    assertThat(run.decisions())
        .anyMatch(sentence -> sentence.startsWith("drawn at random: "))
        .anyMatch(sentence -> sentence.matches("training head 'h' step by step: kept, .*"));
  }

  /** Its loss never comes below that of a random head, though it is a number. */
  @Test
  void aHeadThatLearnsNothingFails() {
    Random coins = new Random(7);
    int count = 60;
    float[] x = new float[count * WIDTH];
    int[] y = new int[count];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) coins.nextGaussian();
    }
    for (int i = 0; i < count; i++) {
      y[i] = coins.nextInt(2);
    }
    Dataset data =
        Dataset.of(
            Map.of(INPUT.name(), TensorValue.of(Shape.of(count, WIDTH), x)),
            Answers.oneOf(LABELS, y));
    int[] last = java.util.stream.IntStream.range(30, 60).toArray();
    int[] first = java.util.stream.IntStream.range(0, 30).toArray();
    Parts parts = new Parts(data.subset(first), data.subset(last), data.subset(last));
    Recipe wild = recipe(FineTune.head().schedule(Schedule.constant()).epochs(3).rate(30));
    assertThatThrownBy(
            () -> Trainer.fit(runtime, model(3), Plans.headOnly(), parts, TrainOptions.by(wild)))
        .isInstanceOf(FailedCheckException.class)
        .hasMessageContainingAll("learned nothing", "lowest loss", "lower its rate");
  }

  /** It is the head that has nothing to lose, not what was drawn anew before it. */
  @Test
  void layersThatWereDrawnAnewDoNotMakeAWorseStretchBeKept() {
    Model model = SmallTraining.MODEL.with(reinitialize(Where.parse("last block"), 1));
    Parts parts = SmallTraining.parts();
    Recipe head = SmallTraining.recipe(1);
    FineTune wild = SmallTraining.PLAIN.rate(0.5);
    Run alone =
        Trainer.fit(
            runtime,
            model,
            SmallTraining.BLOCKS,
            parts,
            TrainOptions.by(Recipe.headOnly().head(head.head())));
    for (FineTune tune : new FineTune[] {wild, wild.rate(5)}) {
      Run run =
          Trainer.fit(
              runtime,
              model,
              SmallTraining.BLOCKS,
              parts,
              TrainOptions.by(Recipe.headThenTop().head(head.head()).then(tune)));
      assertThat(run.validation().accuracy()).isGreaterThanOrEqualTo(alone.validation().accuracy());
      assertThat(run.decisions())
          .anyMatch(each -> each.startsWith("what is kept is decided by"))
          .anyMatch(each -> each.startsWith("head alone: "));
    }
  }
}
