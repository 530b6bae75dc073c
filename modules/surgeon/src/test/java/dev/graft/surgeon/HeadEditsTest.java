package dev.graft.surgeon;

import static dev.graft.surgeon.edit.Edits.between;
import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.keepHead;
import static dev.graft.surgeon.edit.Edits.keepOutputs;
import static dev.graft.surgeon.edit.Edits.reinitialize;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.surgeon.edit.Edits.setStatistics;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.surgeon.edit.Replay;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.NodeDef;

/** The kinds of heads, what is kept of old ones, and what is refused. */
class HeadEditsTest {

  @Test
  void severalHeadsReadTheSameFeatures() {
    Model model = Models.zoo("keras2/cnn_plain");
    Model after =
        model.with(
            freeze(Where.all()),
            replaceHead(
                HeadSpec.singleLabel("cat", "dog").named("animal"),
                HeadSpec.regression(1).named("age").hidden(4),
                HeadSpec.embedding(6).named("vector")));
    assertThat(after.servingSignature().outputs()).containsOnlyKeys("animal", "age", "vector");
    assertThat(after.heads()).extracting(Head::name).containsExactly("animal", "age", "vector");
    assertThat(after.heads())
        .extracting(Head::features)
        .containsOnly(HeadFinder.all(model).get(0).features());
    assertThat(after.heads()).extracting(Head::units).containsExactly(2, 1, 6);
    assertThat(after.trainableVariables()).hasSize(2 + 4 + 2);
    assertThat(Where.head().in(after).variables())
        .containsExactlyElementsOf(
            after.trainableVariables().stream().map(Variable::name).toList());
    assertThat(HeadFinder.all(after))
        .extracting(FoundHead::kind)
        .contains(Head.Kind.SINGLE_LABEL, Head.Kind.REGRESSION);
  }

  @Test
  void severalHeadsNeedNames() {
    assertThatThrownBy(() -> replaceHead(HeadSpec.regression(1), HeadSpec.regression(2)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("a name each");
  }

  @Test
  void anEmbeddingWithoutWeightsHasUnitLength() {
    Model after = Models.zoo("keras2/cnn_plain").with(replaceHead(HeadSpec.embedding()));
    assertThat(after.heads().get(0).kind()).isEqualTo(Head.Kind.EMBEDDING);
    assertThat(after.heads().get(0).units()).isEqualTo(5);
    assertThat(after.variables()).noneMatch(v -> v.name().contains("predictions"));
  }

  @Test
  void aKeptHeadKnowsItsLabels() {
    Model model = Models.zoo("keras2/cnn_plain");
    Labels labels = Labels.of("a", "b", "c");
    Model kept = model.with(keepHead(labels));
    assertThat(kept.graph()).isSameAs(model.graph());
    assertThat(kept.heads().get(0).labels()).contains(labels);
    assertThat(kept.with(keepHead(Labels.of("c", "b", "a"))).heads().get(0).labels())
        .as("the order is that of the outputs")
        .contains(labels);
    assertThatThrownBy(() -> kept.with(keepHead(Labels.of("a", "b", "d"))))
        .isInstanceOf(BadRequestException.class)
        .asString()
        .contains("carryOver");
    assertThatThrownBy(() -> model.with(keepHead(Labels.of("a", "b"))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("tells 3 labels apart, but 2 are given");
    assertThat(model.with(keepHead()).heads()).hasSize(1);
  }

  /** Softmax and sigmoid say it themselves. */
  @Test
  void whatLinearOutputsAreIsSaid() {
    Model linear = Models.zoo("keras2/cnn_bn");
    Labels labels = Labels.of("a", "b", "c");
    assertThat(linear.with(keepHead(labels)).heads().get(0).kind())
        .isEqualTo(Head.Kind.SINGLE_LABEL);
    Model many = linear.with(keepHead(Head.Kind.MULTI_LABEL, labels));
    assertThat(many.heads().get(0).kind()).isEqualTo(Head.Kind.MULTI_LABEL);
    assertThat(many.heads().get(0).labels()).contains(labels);
    assertThat(linear.with(keepHead(Head.Kind.REGRESSION)).heads().get(0).kind())
        .isEqualTo(Head.Kind.REGRESSION);
    assertThat(Replay.standard().run(linear, many.provenance()).heads()).isEqualTo(many.heads());
    Model softmax = Models.zoo("keras2/cnn_plain");
    assertThatThrownBy(() -> softmax.with(keepHead(Head.Kind.REGRESSION)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("cannot be kept as regression")
        .hasMessageContaining("softmax over");
    assertThatThrownBy(() -> keepHead(Head.Kind.REGRESSION, labels))
        .hasMessageContaining("numbers have no labels");
    assertThatThrownBy(
            () -> Models.zoo("keras3/linear_regression").with(keepHead(Head.Kind.SINGLE_LABEL)))
        .hasMessageContaining("it has 1 output");
  }

  @ParameterizedTest
  @ValueSource(strings = {"keras2/cnn_plain", "keras3/conv1x1_head", "keras2/mobilenetv2_mini"})
  void labelsThatStayKeepTheirWeights(String zoo) {
    Model model = Models.zoo(zoo);
    FoundHead old = HeadFinder.only(model);
    assertThat(old.units()).isEqualTo(3);
    Model after =
        model.with(
            keepHead(Labels.of("a", "b", "c")),
            replaceHead(HeadSpec.singleLabel("new", "c", "a").carryOver().seed(3)));
    VariableValues values = new VariableValues();
    double[] before = values.of(old.kernelVariable().orElseThrow()).asDoubles();
    double[] beforeBias = values.of(old.bias().orElseThrow()).asDoubles();
    double[] kernel = values.of(after.variable(old.output() + "/kernel").orElseThrow()).asDoubles();
    double[] bias = values.of(after.variable(old.output() + "/bias").orElseThrow()).asDoubles();
    for (int i = 0; i < old.inputs(); i++) {
      assertThat(kernel[3 * i + 1]).isEqualTo(before[3 * i + 2]);
      assertThat(kernel[3 * i + 2]).isEqualTo(before[3 * i]);
      assertThat(kernel[3 * i]).isNotIn(before[3 * i], before[3 * i + 1], before[3 * i + 2]);
    }
    assertThat(bias).containsExactly(0, beforeBias[2], beforeBias[0]);
  }

  @Test
  void whatCannotBeCarriedOverIsSaid() {
    Model model = Models.zoo("keras2/cnn_plain");
    assertThatThrownBy(() -> model.with(replaceHead(HeadSpec.singleLabel("a", "b").carryOver())))
        .asString()
        .contains("keepHead(labels)");
    Model known = model.with(keepHead(Labels.of("a", "b", "c")));
    assertThatThrownBy(() -> known.with(replaceHead(HeadSpec.singleLabel("x", "y").carryOver())))
        .hasMessageContaining("no label stays");
    assertThatThrownBy(
            () -> known.with(replaceHead(HeadSpec.singleLabel("a", "y").hidden(3).carryOver())))
        .hasMessageContaining("without hidden layers");
  }

  @Test
  void anAuxiliaryAnswerIsDropped() {
    Model model = Models.zoo("keras2/multi_io");
    Model after = model.with(keepOutputs("label"));
    assertThat(after.servingSignature().outputs()).containsOnlyKeys("label");
    assertThat(after.variables()).hasSizeLessThan(model.variables().size());
    assertThat(HeadFinder.only(after).output()).isEqualTo("label");
    assertThatThrownBy(() -> model.with(keepOutputs("labels")))
        .hasMessageContaining("Nearest: label");
  }

  @Test
  void aPartBetweenTwoTensorsStandsAlone() {
    Model model = Models.zoo("keras2/cnn_plain");
    List<String> convolutions =
        model.graph().nodes().stream()
            .filter(n -> n.getOp().equals("Conv2D"))
            .map(NodeDef::getName)
            .toList();
    Model part = model.with(between(convolutions.get(0), convolutions.get(1)));
    assertThat(part.servingSignature().inputs()).containsOnlyKeys("features_in");
    assertThat(part.servingSignature().outputs()).containsOnlyKeys("features");
    assertThat(part.graph().contains(convolutions.get(0))).isFalse();
    assertThat(part.graph().contains(convolutions.get(1))).isTrue();
    assertThatThrownBy(() -> model.with(between(convolutions.get(1), convolutions.get(0))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("no path leads");
  }

  @Test
  void repairs() {
    Model model = Models.zoo("keras2/cnn_bn");
    Model fresh = model.with(reinitialize(Where.layer("conv2d_1", "batch_normalization_1"), 5));
    VariableValues values = new VariableValues();
    assertThat(values.of(fresh.variable("batch_normalization_1/gamma").orElseThrow()).asDoubles())
        .containsOnly(1);
    assertThat(
            values
                .of(fresh.variable("batch_normalization_1/moving_mean").orElseThrow())
                .asDoubles())
        .containsOnly(0);
    assertThat(fresh.variable("conv2d/kernel")).isEqualTo(model.variable("conv2d/kernel"));
    assertThat(fresh.variable("conv2d_1/kernel")).isNotEqualTo(model.variable("conv2d_1/kernel"));

    String mean = "batch_normalization/moving_mean";
    Shape shape = model.variable(mean).orElseThrow().shape();
    TensorValue twos = TensorValue.of(shape, new float[] {2, 2, 2, 2});
    Model set = model.with(setStatistics(Map.of(mean, twos)));
    assertThat(values.of(set.variable(mean).orElseThrow()).asDoubles()).containsOnly(2);
    assertThatThrownBy(() -> model.with(setStatistics(Map.of("conv2d/kernel", twos))))
        .hasMessageContaining("no moving statistic");
    assertThatThrownBy(() -> model.with(setStatistics(Map.of(mean, TensorValue.scalar(1f)))))
        .hasMessageContaining("given is");
  }

  @Test
  void anAnswerForEachStepIsFollowedByOne() {
    Model after =
        Models.zoo("keras3/bigru_tagger").with(replaceHead(HeadSpec.singleLabel("x", "y")));
    assertThat(after.servingSignature().outputs().values().iterator().next().shape().rank())
        .isEqualTo(3);
    assertThat(HeadFinder.only(after).perPosition()).isTrue();
  }
}
