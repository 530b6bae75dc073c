package dev.graft.trainer;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.TrainingPlan;
import dev.graft.model.Variable;
import dev.graft.runtime.Compute.Kernels;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.Compute.StepForm;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.Recipe.HeadSettings;
import dev.graft.trainer.checkpoint.Checkpoint;
import dev.graft.trainer.checkpoint.LoopState;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.trainer.optimizer.Schedule;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** A real model so small that training it takes no time: a tiny MobileNetV2 of the zoo. */
public final class SmallTraining {

  public static final Labels LABELS = Labels.of(List.of("dark", "medium", "bright"));

  private SmallTraining() {}

  public static final Model MODEL =
      SavedModelImporter.load(Checkout.path("testdata/zoo/keras2/mobilenetv2_mini/model"))
          .with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(LABELS)));

  /** The same with a head that is no single layer, so that it learns step by step. */
  public static final Model HIDDEN =
      MODEL.with(replaceHead(HeadSpec.singleLabel(LABELS).hidden(4)));

  /** Nobody watches. */
  public static final Watch NOBODY = Watch.of(event -> {}, () -> {});

  public static final TrainingPlan BLOCKS = Plans.gradual(MODEL, 100);

  /** Plain gradient descent over all layers at a rate that does not change. */
  public static final FineTune PLAIN =
      FineTune.top()
          .share(1)
          .optimizer(Optimizer.sgd())
          .schedule(Schedule.constant())
          .rate(0.01)
          .batch(12)
          .epochs(1)
          .stop(EarlyStop.never());

  /** {@code rows}, before each reading of which something is done with their numbers. */
  public static RowTable watched(RowTable rows, Consumer<int[]> before) {
    return new RowTable() {
      @Override
      public TensorValue rows(int[] numbers, TensorValue spent) {
        before.accept(numbers);
        return rows.rows(numbers, spent);
      }

      @Override
      public TensorValue range(int from, int to, TensorValue spent) {
        return rows(IntStream.range(from, to).toArray(), spent);
      }
    };
  }

  /** Noise around a level that the label gives, so faint that there is something to learn. */
  public static Dataset examples() {
    Random random = new Random(1);
    int size = 60;
    int[] targets = new int[size];
    float[] pixels = new float[size * 8 * 8 * 3];
    for (int i = 0; i < size; i++) {
      targets[i] = i % 3;
      for (int j = 0; j < 192; j++) {
        pixels[192 * i + j] = (float) (0.05 * targets[i] + random.nextGaussian());
      }
    }
    return Dataset.of(
        Map.of("x", TensorValue.of(Shape.of(size, 8, 8, 3), pixels)),
        TensorValue.of(Shape.of(size), targets),
        LABELS);
  }

  public static Parts parts() {
    return examples().split(Split.of(60, 20, 20));
  }

  /** Three steps an epoch. */
  public static Recipe recipe(int epochs) {
    FineTune half =
        FineTune.top().share(0.5).rate(1e-3).batch(12).epochs(epochs).patience(Integer.MAX_VALUE);
    HeadSettings quick = new HeadSettings(ImmutableList.of(1e-2), 2, 5000, 1e-2, FineTune.head());
    return Recipe.headThenTop()
        .head(quick)
        .then(half, half.share(1).batchNorm(FineTune.BatchNorm.TRAINING))
        .seed(3);
  }

  /** These listen. */
  public static TrainOptions options(Recipe recipe, TrainingListener... listeners) {
    TrainOptions options = TrainOptions.by(recipe);
    for (TrainingListener listener : listeners) {
      options = options.listener(listener);
    }
    return options;
  }

  /** Writes down what training decides. */
  public static TrainingListener noting(List<String> decisions) {
    return TrainingListener.to(Decision.class, decision -> decisions.add(decision.sentence()));
  }

  /** A checkpoint within a stretch, as if it had other values, and another precision. */
  public static Checkpoint changed(
      Checkpoint last, Precision precision, ImmutableMap<String, TensorValue> values) {
    Kernels kernels = last.loop().orElseThrow().form().kernels();
    return changed(last, new StepForm(precision, kernels), values);
  }

  /** The same, as if its steps had been computed that way. */
  public static Checkpoint changed(
      Checkpoint last, StepForm form, ImmutableMap<String, TensorValue> values) {
    LoopState loop = last.loop().orElseThrow();
    LoopState other =
        new LoopState(
            form,
            loop.batch(),
            loop.counters(),
            loop.scale(),
            loop.lossSum(),
            loop.lossCount(),
            loop.validationLosses(),
            loop.bestScore(),
            loop.bestOfEpochs(),
            loop.sinceBest(),
            loop.best(),
            values);
    return new Checkpoint(
        last.identity(),
        last.stage(),
        last.kept(),
        last.decisions(),
        last.trained(),
        Optional.of(other));
  }

  /** A digest of all weights: equal for models that are equal to the bit. */
  public static String digest(Model model) {
    VariableValues values = new VariableValues();
    Hasher digest = Hashing.sha256().newHasher();
    for (Variable variable : model.variables()) {
      digest.putBytes(values.of(variable).bytes());
    }
    return digest.hash().toString();
  }
}
