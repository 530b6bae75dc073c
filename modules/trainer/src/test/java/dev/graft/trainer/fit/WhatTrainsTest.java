package dev.graft.trainer.fit;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.keepHead;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.surgeon.edit.Edits.train;
import static dev.graft.surgeon.edit.Edits.unfreeze;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadRequestException;
import dev.graft.graph.GraphEditor;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.BlockedGradientException;
import dev.graft.model.InputSpec;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Preflight;
import dev.graft.model.TrainingPlan;
import dev.graft.model.Variable;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingListener;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.NodeDef;

/** What the model says is frozen stays to the bit; what it says trains does. */
class WhatTrainsTest {

  private static final Model MODEL =
      SavedModelImporter.load(Zoo.model("keras2/dense_mlp").savedModel());
  private static final Labels LABELS =
      Labels.of(
          IntStream.range(0, Zoo.model("keras2/dense_mlp").facts().head().units())
              .mapToObj(i -> "label " + i)
              .toList());

  /** Which of the first inputs is the largest. */
  private static Parts data() {
    InputSpec input = MODEL.inputs().get(0);
    int width = (int) input.shape().dim(-1);
    int count = 60 * LABELS.size();
    Random random = new Random(3);
    float[] values = new float[count * width];
    int[] targets = new int[count];
    for (int i = 0; i < count; i++) {
      int best = i % LABELS.size();
      for (int j = 0; j < width; j++) {
        values[i * width + j] = random.nextFloat() * (j == best ? 1 : 0.8f) + (j == best ? 1 : 0);
      }
      targets[i] = best;
    }
    return Dataset.of(
            Map.of(input.name(), TensorValue.of(Shape.of(count, width), values)),
            TensorValue.of(Shape.of(count), targets),
            LABELS)
        .split(Split.of(60, 20, 20));
  }

  private static Run run(Model model) {
    Recipe recipe =
        Recipe.headThenTop().then(FineTune.top().rate(0.02).epochs(40).patience(40)).seed(1);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      return Trainer.fit(
          runtime, model, Plans.gradual(model, 100), data(), TrainOptions.by(recipe));
    }
  }

  private static List<String> changed(Model before, Model after) {
    VariableValues values = new VariableValues();
    return before.variables().stream()
        .filter(
            v ->
                !Arrays.equals(
                    values.of(v).asDoubles(),
                    values.of(after.variable(v.name()).orElseThrow()).asDoubles()))
        .map(Variable::name)
        .toList();
  }

  @Test
  void aKeptHeadStaysAndTheLayersBelowItTrain() {
    Model model = MODEL.with(keepHead(LABELS), train(Where.backbone()));
    Run run = run(model);
    assertThat(run.decisions().get(1)).startsWith("as it was: ");
    assertThat(run.decisions().get(run.decisions().size() - 1)).contains(": kept, ");
    assertThat(changed(model, run.model()))
        .containsExactlyElementsOf(Where.backbone().in(model).variables());
  }

  /** As where a head is new: what is frozen whole is the recipe's to unfreeze. */
  @Test
  void belowAKeptHeadTheRecipeSaysWhatTrainsOfAFrozenBackbone() {
    Model model = MODEL.with(freeze(Where.all()), keepHead(LABELS));
    TrainingPlan blocks = Plans.gradual(model, 100);
    FineTune all = FineTune.top().share(1).rate(0.02).epochs(40).patience(40);
    int count = blocks.stretches().size();
    assertThat(count).isGreaterThan(1);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      for (int number : new int[] {1, count}) {
        Recipe recipe = Recipe.full().then(all.share((double) number / count)).seed(1);
        Run run = Trainer.fit(runtime, model, blocks, data(), TrainOptions.by(recipe));
        assertThat(run.decisions().get(1)).startsWith("as it was: ");
        assertThat(changed(model, run.model()))
            .containsExactlyInAnyOrderElementsOf(blocks.stretches().get(number - 1).variables());
      }
    }
  }

  /** A whole backbone trains, but for what its author declared as not trainable. */
  @Test
  void whatWasDeclaredAsNotTrainableStaysInARecipeThatTrainsEverything() {
    Labels two = Labels.of("a", "b");
    Model model =
        SavedModelImporter.load(Zoo.model("keras2/declared_weights").savedModel())
            .with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(two)));
    float[] x = new float[24 * 15];
    int[] y = new int[24];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) Math.cos(0.37 * i * i);
      y[i / 15] = x[i] > 0 ? 1 : 0;
    }
    Dataset data =
        Dataset.of(
            Map.of(model.inputs().get(0).name(), TensorValue.of(Shape.of(24, 3, 5), x)),
            Answers.oneOf(two, y));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Run run =
          Trainer.fit(
              runtime,
              model,
              Plans.everything(model),
              new Parts(data, data, data),
              TrainOptions.by(
                  Recipe.full().then(FineTune.top().share(1).rate(0.02).epochs(20)).seed(1)));
      assertThat(changed(model, run.model()))
          .contains("positions/scale", "pieces/pieces", "hidden/kernel")
          .doesNotContain("positions/table", "projection/kernel");
    }
  }

  /** Solving it would give the frozen kernel other values. */
  @Test
  void aHeadOfWhichAPartIsFrozenIsTrainedStepByStep() {
    Model model =
        MODEL.with(
            freeze(Where.all()),
            keepHead(LABELS),
            unfreeze(Where.head().and(Where.parse("role bias"))));
    FineTune steps = FineTune.head().rate(0.05).epochs(20);
    Recipe recipe = Recipe.headOnly().head(Recipe.HeadSettings.defaults().steps(steps));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Run run = Trainer.fit(runtime, model, Plans.headOnly(), data(), TrainOptions.by(recipe));
      assertThat(changed(model, run.model()))
          .hasSizeLessThanOrEqualTo(1)
          .allMatch(n -> n.endsWith("/bias"));
    }
  }

  @Test
  void onlyWhatIsUnfrozenTrainsWithANewHead() {
    String layer = MODEL.layers().get(MODEL.layers().size() - 2).name();
    Model model =
        MODEL.with(
            freeze(Where.all()),
            replaceHead(HeadSpec.singleLabel(LABELS)),
            unfreeze(Where.layer(layer)));
    Run run = run(model);
    assertThat(changed(model, run.model()))
        .isSubsetOf(Where.head().or(Where.layer(layer)).in(model).variables());
  }

  @Test
  void aFrozenWholeLeavesNothingToTrain() {
    Model model = MODEL.with(keepHead(LABELS), freeze(Where.all()));
    Model tuned = model.with(unfreeze(Where.backbone()));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      for (Recipe recipe : List.of(Recipe.headOnly(), Recipe.auto(), Recipe.full())) {
        TrainingPlan blocks =
            recipe.name().equals("head") ? Plans.gradual(model, 100) : Plans.headOnly();
        assertThatThrownBy(
                () -> Trainer.fit(runtime, model, blocks, data(), TrainOptions.by(recipe)))
            .isInstanceOf(BadRequestException.class)
            .hasMessageContaining("nothing is left to train")
            .asString()
            .contains("unfreeze(Where.head())");
      }
      assertThatThrownBy(
              () ->
                  Trainer.fit(
                      runtime, tuned, Plans.headOnly(), data(), TrainOptions.by(Recipe.headOnly())))
          .isInstanceOf(BadRequestException.class)
          .asString()
          .contains("trains the head alone", "headThenTop");
    }
  }

  /** What lies below has a row for each picture of each series, not one for each series. */
  @Test
  void theLastOfLayersThatAreAppliedAtEachPositionTrainsAlone() {
    Labels kinds = Labels.of("a", "b", "c");
    Model model =
        SavedModelImporter.load(Zoo.model("keras2/time_distributed").savedModel())
            .with(
                keepHead(kinds), freeze(Where.all()), unfreeze(Where.layer("time_distributed_2")));
    Random random = new Random(4);
    float[] pixels = new float[24 * 3 * 4 * 4 * 2];
    int[] answers = new int[24 * 3];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextFloat();
    }
    for (int i = 0; i < answers.length; i++) {
      answers[i] = random.nextInt(3);
    }
    Parts series =
        Dataset.of(
                Map.of("x", TensorValue.of(Shape.of(24, 3, 4, 4, 2), pixels)),
                TensorValue.of(Shape.of(24, 3), answers),
                kinds)
            .split(Split.of(60, 20, 20));
    Recipe recipe = Recipe.headThenTop().then(FineTune.top().rate(0.01).epochs(2));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Run run = Trainer.fit(runtime, model, Plans.headOnly(), series, TrainOptions.by(recipe));
      assertThat(changed(model, run.model()))
          .containsExactlyInAnyOrder("time_distributed_2/kernel", "time_distributed_2/bias");
    }
  }

  /** Refused with the preflight's text, before anything is compiled or computed. */
  @Test
  void whatNoGradientGetsToIsRefused() {
    GraphEditor editor = MODEL.graph().edit();
    NodeDef relu =
        editor.nodes().stream().filter(n -> n.getOp().equals("Relu")).findFirst().orElseThrow();
    editor.replace(relu.toBuilder().setOp("GuaranteeConst").build());
    Model blocked =
        MODEL.toBuilder()
            .graph(editor.build())
            .build()
            .with(keepHead(LABELS), unfreeze(Where.all()));
    List<Progress> progress = new ArrayList<>();
    TrainingListener watch = TrainingListener.to(Progress.class, made -> progress.add(made));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      assertThatThrownBy(
              () ->
                  Trainer.fit(
                      runtime,
                      blocked,
                      Plans.headOnly(),
                      data(),
                      TrainOptions.by(Recipe.headThenTop()).listener(watch)))
          .isInstanceOfSatisfying(
              BlockedGradientException.class,
              e -> {
                Preflight.Obstacle obstacle = e.preflight().obstacles().get(0);
                assertThat(e).hasMessageContaining(obstacle.words());
                assertThat(e).hasMessageContaining("freeze \"");
                assertThat(obstacle.node()).isEqualTo(relu.getName());
              });
      assertThat(progress).isEmpty();
    }
  }
}
