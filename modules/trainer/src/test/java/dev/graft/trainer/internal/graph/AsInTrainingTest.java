package dev.graft.trainer.internal.graph;

import static dev.graft.trainer.SmallTraining.MODEL;
import static dev.graft.trainer.SmallTraining.PLAIN;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Parts;
import dev.graft.error.BadModelException;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Labels;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.SavedFunction;
import dev.graft.model.Variable;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallData;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.fit.Stages;
import dev.graft.trainer.fit.Trainer;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Objectives;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which layers behave as in training, which could not, and that this is told. */
class AsInTrainingTest {

  private static final Layer NORM = layer("block_1_expand_bn");
  private static final Layer CONV = layer("block_1_expand");

  private static Layer layer(String name) {
    return MODEL.allLayers().filter(l -> l.name().equals(name)).findFirst().orElseThrow();
  }

  /** The model with these two layers inside one that its author wrote, with code for training. */
  private static Model withBlock(SavedFunction training) {
    Layer block =
        Layer.builder("block", "Block")
            .children(List.of(CONV, NORM))
            .tensors(CONV.inputs(), NORM.outputs(), NORM.outputShape())
            .training(training)
            .build();
    List<Layer> layers = new ArrayList<>();
    for (Layer layer : MODEL.layers()) {
      if (layer.name().equals(CONV.name())) {
        layers.add(block);
      } else if (!layer.name().equals(NORM.name())) {
        layers.add(layer);
      }
    }
    return MODEL.toBuilder().layers(layers).build();
  }

  private static LayersInTraining of(Model model, boolean batchNorm, String... training) {
    InputBinding entry = InputBinding.of(model, SmallTraining.examples());
    List<Variable> variables =
        java.util.Arrays.stream(training).map(name -> model.variable(name).orElseThrow()).toList();
    return LayersInTraining.of(
        model,
        entry.graph(),
        entry.tensors(),
        List.of(model.heads().get(0).logits()),
        variables,
        batchNorm);
  }

  private static List<String> names(LayersInTraining layers) {
    return layers.layers().stream().map(Layer::name).toList();
  }

  @Test
  void aFrozenBatchNormInsideALayerDoesNotMove() {
    Model model = withBlock(NORM.training().orElseThrow());
    LayersInTraining frozen = of(model, true, "block_1_expand/kernel");
    assertThat(names(frozen)).isEmpty();
    assertThat(frozen.words())
        .contains("'block' (its BatchNorm 'block_1_expand_bn' is frozen", "is left out")
        .contains("to train BatchNorm changes nothing");
    LayersInTraining whole = of(model, true, "block_1_expand/kernel", "block_1_expand_bn/gamma");
    assertThat(names(whole)).containsExactly("block");
    assertThat(whole.words()).startsWith("as in training behave 1 Block, all other layers");
  }

  @Test
  void whatALayersAuthorWroteForTrainingIsNotLostWithoutAWord() {
    Model model = withBlock(NORM.training().orElseThrow());
    LayersInTraining layers = of(model, false, "block_1_expand_bn/gamma");
    assertThat(names(layers)).isEmpty();
    assertThat(layers.words())
        .startsWith("all layers behave as in inference; 1 BatchNorm normalises by moving")
        .contains("not as in training: 'block' (its BatchNorm 'block_1_expand_bn' stays");
  }

  @Test
  void aFunctionThatDoesNotFitIsTold() {
    SavedFunction unfit =
        SavedFunction.lazy(
            () -> {
              throw BadModelException.atNode("n", "it does not fit");
            },
            ImmutableList.of(),
            Map::of);
    LayersInTraining layers =
        of(withBlock(unfit), true, "block_1_expand/kernel", "block_1_expand_bn/gamma");
    assertThat(names(layers)).containsExactly("block_1_expand_bn");
    assertThat(layers.words()).contains("1 BatchNormalization").contains("'block' (its function");
  }

  @Test
  void eachStretchTellsIt() {
    Parts parts = SmallTraining.parts();
    Recipe recipe =
        SmallTraining.recipe(1)
            .then(PLAIN, PLAIN.batchNorm(FineTune.BatchNorm.TRAINING), PLAIN.share(0.01));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Run run = Trainer.fit(runtime, MODEL, SmallTraining.BLOCKS, parts, TrainOptions.by(recipe));
      assertThat(run.decisions())
          .filteredOn(sentence -> sentence.contains("inference"))
          .hasSize(3)
          .anyMatch(each -> each.endsWith("inference; 4 BatchNorm normalise by moving statistics"))
          .anyMatch(each -> each.contains("as in training behave 4 BatchNormalization"));
    }
  }

  /**
   * A BatchNorm without weights of its own trains with what comes after it. What it moves is
   * another for the stretches after.
   */
  @Test
  void whatABatchNormMovesIsNotTakenFromBefore() {
    Labels labels = Labels.of("a", "b");
    Model bare = SavedModelImporter.load(Zoo.model("keras3/bn_dense").savedModel());
    Layer norm =
        bare.allLayers()
            .filter(l -> l.name().equals("batch_normalization_1"))
            .findFirst()
            .orElseThrow();
    assertThat(norm.variables()).as("neither gamma nor beta").hasSize(2);
    Model model =
        bare.with(
            dev.graft.surgeon.edit.Edits.freeze(dev.graft.surgeon.Where.all()),
            dev.graft.surgeon.edit.Edits.cut(norm.name()),
            dev.graft.surgeon.edit.Edits.addHead(HeadSpec.singleLabel(labels)));
    dev.graft.data.Dataset data = SmallData.of(model, labels, 12);
    Task task = Task.of(model, data, Objectives.usual());
    InputBinding entry = task.inputs();
    List<Stage> stages =
        Stages.of(
            task,
            Plans.headOnly(),
            Frontier.of(entry),
            task.goals(),
            Recipe.headOnly().then(PLAIN.batchNorm(FineTune.BatchNorm.TRAINING), PLAIN.rate(0.02)));
    assertThat(stages.get(0).layers()).extracting(Layer::name).containsExactly(norm.name());
    assertThat(stages.get(1).layers()).isEmpty();
    for (String statistic : norm.variables()) {
      assertThat(entry.graph().upstream(stages.get(1).cut().stream().map(t -> t.node()).toList()))
          .as("%s is behind the features", statistic)
          .doesNotContain(model.variable(statistic).orElseThrow().node());
    }
  }
}
