package dev.graft.surgeon.internal.head;

import static dev.graft.surgeon.edit.Edits.addHead;
import static dev.graft.surgeon.edit.Edits.cut;
import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.surgeon.edit.Edits.unfreeze;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadRequestException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Variable;
import dev.graft.surgeon.FoundHead;
import dev.graft.surgeon.HeadFinder;
import dev.graft.surgeon.HeadFinderTest;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Models;
import dev.graft.surgeon.Where;
import dev.graft.tensor.Shape;
import dev.graft.testkit.ZooModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplaceHeadTest {

  private static final HeadSpec NEW = HeadSpec.singleLabel("a", "b", "c", "d", "e").seed(7);

  static Stream<ZooModel> classifiers() {
    return HeadFinderTest.classifiers();
  }

  @ParameterizedTest
  @MethodSource("classifiers")
  void theNewHeadTakesThePlaceOfTheOld(ZooModel zoo) {
    Model before = Models.of(zoo);
    FoundHead old = HeadFinder.only(before);
    String text = before.graph().toGraphDef().toString();

    Model after = before.with(freeze(Where.all()), replaceHead(NEW));

    assertThat(before.graph().toGraphDef().toString()).isEqualTo(text);
    assertThat(after.signatures().keySet()).isEqualTo(before.signatures().keySet());
    String name = old.output();
    assertThat(after.trainableVariables())
        .extracting(Variable::shape)
        .containsExactly(Shape.of(old.inputs(), 5), Shape.of(5));
    List<String> names = new ArrayList<>(usedWithout(before, old));
    names.addAll(List.of(name + "/kernel", name + "/bias"));
    assertThat(after.variables()).extracting(Variable::name).containsAll(names);
    assertThat(after.variables().stream().map(Variable::source))
        .as("the old head is gone, under whatever name")
        .doesNotContain(old.kernelVariable().orElseThrow().source());
    Head head = after.heads().get(0);
    assertThat(head.kind()).isEqualTo(Head.Kind.SINGLE_LABEL);
    assertThat(head.labels()).contains(Labels.of("a", "b", "c", "d", "e"));
    assertThat(head.name()).isEqualTo(name);
    assertThat(after.servingSignature().outputs().get(name).tensor()).isEqualTo(head.output());
    assertThat(after.graph().contains(old.product().node())).isFalse();
    assertThat(after.provenance().steps())
        .extracting(Provenance.Step::operation)
        .containsExactly("freeze", "replaceHead");
    assertThat(HeadFinder.only(after).kernel()).isEqualTo(after.trainableVariables().get(0).name());
  }

  /** The variables that the signatures read, but for the head's. */
  private static List<String> usedWithout(Model model, FoundHead head) {
    Set<String> used =
        model
            .graph()
            .upstream(
                model.signatures().values().stream()
                    .flatMap(signature -> signature.outputs().values().stream())
                    .map(spec -> spec.tensor().node())
                    .toList());
    return model.variables().stream()
        .filter(v -> used.contains(v.node()))
        .map(Variable::name)
        .filter(v -> !v.equals(head.kernel()))
        .filter(v -> head.bias().stream().noneMatch(bias -> bias.name().equals(v)))
        .toList();
  }

  @Test
  void pooledHiddenAndDroppedFeatures() {
    Model model = Models.zoo("keras2/cnn_plain");
    String conv =
        model.graph().nodes().stream()
            .filter(n -> n.getOp().equals("Conv2D"))
            .reduce((a, b) -> b)
            .orElseThrow()
            .getName();

    Model after =
        model.with(
            cut(conv),
            addHead(
                HeadSpec.multiLabel("red", "round")
                    .named("tags")
                    .pooling(HeadSpec.Pooling.MAX)
                    .hidden(8)
                    .dropout(0.25)));

    assertThat(after.layers())
        .extracting(Layer::name)
        .endsWith("tags_pool", "tags_hidden_1", "tags_dropout", "tags");
    assertThat(after.layers().get(after.layers().size() - 2).behaviour())
        .isEqualTo(new Layer.Behaviour.Noise("Dropout", 0.25));
    assertThat(after.servingSignature().outputs()).containsOnlyKeys("tags");
    assertThat(after.variable("tags_hidden_1/kernel").orElseThrow().shape().dim(-1)).isEqualTo(8);
    assertThat(after.heads()).hasSize(1);
    assertThat(after.heads().get(0).features()).isEqualTo(TensorRef.of(conv));
  }

  @Test
  void anUnknownCutNamesTheNearestLayers() {
    Model model = Models.zoo("keras2/cnn_plain");
    assertThatThrownBy(() -> model.with(cut("predicitons")))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("predictions");
  }

  @Test
  void aCutThatDoesNotDependOnTheInputIsRefused() {
    Model model = Models.zoo("keras2/cnn_plain");
    String read =
        model.graph().nodes().stream()
            .filter(n -> n.getOp().equals("ReadVariableOp"))
            .findFirst()
            .orElseThrow()
            .getName();
    assertThatThrownBy(() -> model.with(cut(read)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("does not depend on the model's input")
        .hasMessageContaining("Nearest: conv2d");
  }

  @Test
  void freezingAndUnfreezingGivesBackWhatCanTrain() {
    Model model = Models.zoo("keras2/cnn_bn");
    Model frozen = model.with(freeze(Where.all()));
    assertThat(frozen.trainableVariables()).isEmpty();
    assertThat(frozen.graph()).isSameAs(model.graph());
    assertThat(frozen.with(unfreeze(Where.all())).trainableVariables())
        .isEqualTo(model.trainableVariables());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "keras2/normalization_tabular",
        "keras3/normalization_tabular",
        "keras3/spectral_norm",
        "keras2/bn_renorm"
      })
  void whatALayerLearnedWithoutGradientsNeverTrains(String zoo) {
    Model model = Models.zoo(zoo);
    assertThat(model.variables().stream().filter(v -> !v.trainable())).isNotEmpty();
    assertThat(model.with(freeze(Where.all()), unfreeze(Where.all())).trainableVariables())
        .isEqualTo(model.trainableVariables());
  }

  @Test
  void aShippedBackboneGetsANewHead() {
    Model model = Models.efficientNetLite0();
    Model after = model.with(freeze(Where.all()), replaceHead(NEW));
    assertThat(after.trainableVariables())
        .extracting(Variable::shape)
        .containsExactly(Shape.of(1280, 5), Shape.of(5));
    assertThat(after.servingSignature().inputs()).isEqualTo(model.servingSignature().inputs());
  }
}
