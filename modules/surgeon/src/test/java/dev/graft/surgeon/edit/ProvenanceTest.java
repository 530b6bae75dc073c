package dev.graft.surgeon.edit;

import static dev.graft.surgeon.edit.Edits.describeInput;
import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.keepHead;
import static dev.graft.surgeon.edit.Edits.keepOutputs;
import static dev.graft.surgeon.edit.Edits.prepareInput;
import static dev.graft.surgeon.edit.Edits.prune;
import static dev.graft.surgeon.edit.Edits.reinitialize;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.surgeon.edit.Edits.train;
import static dev.graft.surgeon.edit.Edits.unfreeze;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.model.InputSpec;
import dev.graft.model.Labels;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.SavedFunction;
import dev.graft.model.Variable;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.ModelDiff;
import dev.graft.surgeon.Models;
import dev.graft.surgeon.Preparation;
import dev.graft.surgeon.Where;
import dev.graft.surgeon.internal.head.LowRankAdapter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.FunctionDef;

/** What was done can be seen, done again, and extended from outside. */
class ProvenanceTest {

  private static final Model MODEL = Models.zoo("keras2/cnn_bn");

  @Test
  void aModelIsMadeAgainFromItsProvenance() {
    Model model =
        MODEL.with(
            describeInput(0, 255, InputSpec.Channels.RGB, InputSpec.Resize.PAD),
            prepareInput(Preparation.STANDARDIZE),
            freeze(Where.all()),
            unfreeze(Where.parse("last block except role gamma")),
            keepHead(Labels.of("x", "y", "z")),
            replaceHead(
                HeadSpec.multiLabel("x", "new label, with comma").named("m").seed(4).carryOver(),
                HeadSpec.regression(2).named("size").hidden(3, 4).dropout(0.5)),
            reinitialize(Where.role(Variable.Role.BETA), 9),
            train(Where.head()),
            keepOutputs("size"),
            prune());
    Model again = Replay.standard().run(MODEL, model.provenance());
    assertThat(again.graph().toGraphDef()).isEqualTo(model.graph().toGraphDef());
    assertThat(again.variables()).isEqualTo(model.variables());
    assertThat(plain(again)).isEqualTo(plain(model));
    assertThat(inTraining(again)).isEqualTo(inTraining(model)).isNotEmpty();
    assertThat(again.signatures()).isEqualTo(model.signatures());
    assertThat(again.heads()).isEqualTo(model.heads());
    assertThat(again.inputs()).isEqualTo(model.inputs());
    assertThat(again.provenance()).isEqualTo(model.provenance());
    assertThat(ModelDiff.between(model, again).isEmpty()).isTrue();
  }

  private static List<Layer> plain(Model model) {
    return model
        .allLayers()
        .map(layer -> layer.toBuilder().children(List.of()).training(Optional.empty()).build())
        .toList();
  }

  /** Functions are equal if they do the same. */
  private static List<Map<String, FunctionDef>> inTraining(Model model) {
    return model
        .allLayers()
        .flatMap(layer -> layer.training().stream())
        .map(SavedFunction::definitions)
        .toList();
  }

  @Test
  void aStepThatIsNotKnownIsNamed() {
    Model model = MODEL.toBuilder().step("train", ImmutableMap.of("epochs", "3")).build();
    assertThatThrownBy(() -> Replay.standard().run(MODEL, model.provenance()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("'train'");
  }

  @Test
  void aDifferenceIsShown() {
    Model after =
        MODEL.with(
            freeze(Where.until("conv2d_1")),
            replaceHead(HeadSpec.singleLabel("a", "b").named("answer")));
    ModelDiff diff = ModelDiff.between(MODEL, after);
    assertThat(diff.variablesRemoved()).containsExactly("logits/kernel", "logits/bias");
    assertThat(diff.variablesAdded()).containsExactly("answer/kernel", "answer/bias");
    assertThat(diff.frozen()).contains("conv2d/kernel").doesNotContain("conv2d_1/kernel");
    assertThat(diff.unfrozen()).isEmpty();
    assertThat(diff.signatures())
        .containsExactly(
            "- serving_default output logits float32 [?, 3]",
            "+ serving_default output answer float32 [?, 2]");
    assertThat(diff.layersRemoved()).singleElement().asString().startsWith("logits");
    assertThat(diff.layersAdded()).containsExactly("answer (Dense)");
    assertThat(diff.after().total() - diff.before().total()).isEqualTo(-6);
    assertThat(diff.toString()).contains("parameters: ").contains("layers added: answer (Dense)");
  }

  @Test
  void anEditFromOutsideFitsIn() {
    Model mlp = Models.zoo("keras2/dense_mlp");
    Model after =
        mlp.with(
            freeze(Where.all()),
            new LowRankAdapter("dense/kernel", 4),
            new LowRankAdapter("dense_1/kernel", 4));
    assertThat(after.trainableVariables()).hasSize(4).allMatch(v -> v.name().contains("_adapter"));
    Replay replay =
        Replay.standard()
            .with(
                "lowRankAdapter",
                arguments ->
                    new LowRankAdapter(
                        arguments.get("kernel"), Integer.parseInt(arguments.get("rank"))));
    assertThat(replay.run(mlp, after.provenance()).graph().toGraphDef())
        .isEqualTo(after.graph().toGraphDef());
  }
}
