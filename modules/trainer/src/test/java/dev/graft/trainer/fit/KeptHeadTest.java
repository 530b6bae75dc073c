package dev.graft.trainer.fit;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.keepHead;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.surgeon.edit.Edits.unfreeze;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.score.Evaluator;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A head that comes with weights is solved anew only where that is better. */
class KeptHeadTest {

  private static final Model BACKBONE =
      SavedModelImporter.load(Zoo.model("keras2/dense_mlp").savedModel());
  private static final InputSpec INPUT = BACKBONE.inputs().get(0);
  private static final int WIDTH = (int) INPUT.shape().dim(-1);
  private static final Labels SIGN = Labels.of("negative", "positive");
  private static final Labels MORE = Labels.of("negative", "zero", "positive");

  private static TensorFlowRuntime runtime;
  private static Model learned; // from many examples

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
    Model model = BACKBONE.with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(SIGN)));
    Run run = run(model, new Parts(examples(300, SIGN, 0), truth(SIGN), truth(SIGN)));
    assertThat(run.decisions()).hasSize(2); // a new head's first weights are no news
    assertThat(run.decisions().get(0)).startsWith("L2 strength");
    assertThat(run.decisions().get(1)).startsWith("head alone: ");
    assertThat(run.validation().accuracy()).isGreaterThan(0.85);
    learned = run.model();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Their label is the sign of the first number, but for each nth. */
  private static Dataset examples(int count, Labels labels, int wrongEach) {
    Random random = new Random(count);
    float[] x = new float[count * WIDTH];
    int[] y = new int[count];
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < WIDTH; j++) {
        x[i * WIDTH + j] = (float) random.nextGaussian() * (j < 2 ? 2 : 0.2f);
      }
      boolean wrong = wrongEach > 0 && i % wrongEach == 0;
      y[i] = x[i * WIDTH] > 0 != wrong ? labels.size() - 1 : 0;
    }
    return Dataset.of(
        Map.of(INPUT.name(), TensorValue.of(Shape.of(count, WIDTH), x)), Answers.oneOf(labels, y));
  }

  private static Dataset truth(Labels labels) {
    return examples(100, labels, 0);
  }

  private static Run run(Model model, Parts parts) {
    return run(model, parts, Checkpoints.none());
  }

  private static Run run(Model model, Parts parts, Checkpoints checkpoints) {
    TrainOptions options = TrainOptions.by(Recipe.headOnly().seed(1)).checkpoints(checkpoints);
    return Trainer.fit(runtime, model, Plans.headOnly(), parts, options);
  }

  @Test
  void whatManyExamplesTaughtStaysWhereFewNoisyOnesTeachNoBetter(@TempDir Path folder) {
    Model kept = learned.with(keepHead(), unfreeze(Where.head()));
    Parts few = new Parts(examples(12, SIGN, 2), truth(SIGN), truth(SIGN));
    Evaluation before = Evaluator.evaluate(runtime, kept, truth(SIGN));
    Run run = run(kept, few, Checkpoints.in(folder));
    assertThat(run.validation()).isEqualTo(before);
    assertThat(SmallTraining.digest(run.model())).isEqualTo(SmallTraining.digest(kept));
    assertThat(run.decisions().get(2))
        .matches("head '.*' as it was: accuracy .*; solved anew: accuracy .* on validation; kept");
    assertThat(run.decisions().get(0))
        .isEqualTo("what is kept is decided by the accuracy on validation, as is usual");
    assertThat(run.decisions().get(3)).startsWith("as it was: ");
    Run resumed = run(kept, few, Checkpoints.in(folder));
    assertThat(resumed.decisions()).containsAll(run.decisions()).hasSize(5);
    assertThat(resumed.validation()).isEqualTo(before);
    assertThat(SmallTraining.digest(resumed.model())).isEqualTo(SmallTraining.digest(kept));
  }

  /** The order of the data's labels says nothing about that of the outputs. */
  @Test
  void aHeadOfWhichNobodyToldTheLabelsIsRefused() {
    Model untold = BACKBONE.with(keepHead(), unfreeze(Where.head()));
    Labels labels = Labels.of("a", "b", "c", "d");
    Dataset data = examples(12, labels, 0);
    assertThatThrownBy(() -> Evaluator.evaluate(runtime, untold, data))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("nobody told what the 4 outputs")
        .asString()
        .contains("keepHead(labels)");
    assertThatThrownBy(() -> run(untold, new Parts(data, data, data)))
        .hasMessageContaining("nobody told what the 4 outputs");
    Evaluator.evaluate(runtime, BACKBONE.with(keepHead(labels)), data);
  }

  /** Rows that do not add up to 1 are no shares of labels of which one holds. */
  @Test
  void severalLabelsAtOnceAreNothingForSoftmax() {
    Labels labels = Labels.of("a", "b", "c", "d");
    float[] x = new float[2 * WIDTH];
    Map<String, TensorValue> inputs = Map.of(INPUT.name(), TensorValue.of(Shape.of(2, WIDTH), x));
    Model kept = BACKBONE.with(keepHead(labels));
    Dataset shares = Dataset.of(inputs, anyOf(labels, 0.2f, 0.5f, 0.2f, 0.1f, 0, 0, 1, 0));
    Evaluator.evaluate(runtime, kept, shares);
    Dataset several = Dataset.of(inputs, anyOf(labels, 0, 1, 0, 0, 1, 1, 0, 0));
    assertThatThrownBy(() -> Evaluator.evaluate(runtime, kept, several))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("row 1 of the answers adds up to 2.0")
        .hasMessageContaining("multi-label head");
  }

  private static Answers anyOf(Labels labels, float... rows) {
    return Answers.anyOf(labels, TensorValue.of(Shape.of(2, labels.size()), rows));
  }

  /** An answer of the shape [N] is scored and learns as [N, 1] does. */
  @Test
  void aSqueezedAnswerLearns() {
    Model model =
        SavedModelImporter.load(Zoo.model("keras2/squeezed_answer").savedModel())
            .with(freeze(Where.all()), keepHead(), unfreeze(Where.head()));
    String input = model.inputs().get(0).name();
    int count = 40;
    Random random = new Random(1);
    float[] x = new float[count * 5];
    float[] y = new float[count];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
      y[i / 5] += x[i] > 0 ? x[i] : 0;
    }
    Dataset data =
        Dataset.of(
            Map.of(input, TensorValue.of(Shape.of(count, 5), x)),
            Answers.numbers(TensorValue.of(Shape.of(count), y)));
    double before = Evaluator.evaluate(runtime, model, data).loss();
    Run run = run(model, new Parts(data, data, data));
    assertThat(run.validation().loss()).isLessThan(before / 2);
    assertThat(run.validation().metrics()).containsKey("rmse");
  }

  @Test
  void carriedWeightsStayWhereTheyAreBetter() {
    Model model =
        learned.with(replaceHead(HeadSpec.singleLabel(MORE).carryOver()), unfreeze(Where.head()));
    Parts few = new Parts(examples(12, MORE, 2), truth(MORE), truth(MORE));
    Run run = run(model, few);
    assertThat(run.decisions().get(2)).endsWith("; kept");
    assertThat(SmallTraining.digest(run.model())).isEqualTo(SmallTraining.digest(model));
    assertThat(run.validation().accuracy()).isGreaterThan(0.8);
  }

  @Test
  void aHeadThatIsWrongForTheseExamplesIsReplaced() {
    Model model = learned.with(keepHead(), unfreeze(Where.head()));
    Dataset opposite = examples(100, SIGN, 1);
    Run run = run(model, new Parts(examples(300, SIGN, 1), opposite, opposite));
    assertThat(run.decisions().get(2)).endsWith("; replaced");
    assertThat(run.decisions().get(3)).startsWith("head alone: ");
    assertThat(run.validation().accuracy()).isGreaterThan(0.85);
  }
}
