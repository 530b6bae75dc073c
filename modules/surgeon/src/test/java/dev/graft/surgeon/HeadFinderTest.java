package dev.graft.surgeon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.surgeon.edit.Edits;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.DataType;

/** Heads are found where the zoo's golden files say that there is one, and nowhere else. */
public class HeadFinderTest {

  /** Networks that end in something else than a dense layer or 1x1 convolution. */
  private static final Set<String> HEADLESS =
      Set.of(
          "activation_layers",
          "activations",
          "conv1d_causal",
          "conv1d_transpose",
          "conv2d_transpose_dilated",
          "conv3d_transpose",
          "conv_dilated",
          "conv_transpose",
          "gru_reset_before",
          "locally_connected",
          "mha_axes",
          "pooling_all",
          "rnn_stacked_cells",
          "shape_layers");

  public static Stream<ZooModel> classifiers() {
    return withSignature()
        .filter(zoo -> zoo.facts().head() != null)
        .filter(zoo -> !zoo.facts().name().startsWith("multi_io")) // two answers, see below
        .filter(zoo -> !zoo.facts().name().equals("sparse_keras")); // features are no tensor
  }

  static Stream<ZooModel> headless() {
    return withSignature().filter(zoo -> HEADLESS.contains(zoo.facts().name()));
  }

  static Stream<ZooModel> twoAnswers() {
    return withSignature().filter(zoo -> zoo.facts().name().startsWith("multi_io"));
  }

  private static Stream<ZooModel> withSignature() {
    return Zoo.models().stream().filter(zoo -> zoo.facts().signature() != null);
  }

  @ParameterizedTest
  @MethodSource("classifiers")
  void findsTheHeadOfEveryClassifier(ZooModel zoo) {
    ZooModel.Head expected = zoo.facts().head();
    assertThat(expected).isNotNull();

    FoundHead found = HeadFinder.only(Models.of(zoo));

    assertThat(found.kernel()).contains(expected.layer() + "/kernel");
    assertThat(found.bias()).hasValueSatisfying(b -> assertThat(b.name()).contains("bias"));
    assertThat(found.units()).isEqualTo(expected.units());
    assertThat(found.operation()).contains(expected.kind().equals("dense") ? "MatMul" : "Conv2D");
    if ("sigmoid".equals(expected.activation())) {
      assertThat(found.kind()).isEqualTo(Head.Kind.MULTI_LABEL);
    } else {
      assertThat(found.kind()).isEqualTo(Head.Kind.SINGLE_LABEL);
    }
    assertThat(found.logits().equals(found.answer()) || !found.reason().contains("without"))
        .isTrue();
  }

  @ParameterizedTest
  @MethodSource("headless")
  void saysWhatStandsWhereThereIsNoHead(ZooModel zoo) {
    Model model = Models.of(zoo);
    assertThatThrownBy(() -> HeadFinder.only(model))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("comes from the op")
        .hasMessageContaining("Nearest: ")
        .asString()
        .contains("Edits.cut(");
  }

  @ParameterizedTest
  @CsvSource({
    "tf1/tf1_estimator_style, linear_model/kernel",
    "tf1/tf1_ref_variables, logits/kernel",
    "tf1/tf1_table_legacy_init, kernel",
    "tfsave/hub_no_signature, w2",
    "tfsave/hub_no_signature_k3, w2",
    "tfsave/module_mlp, w2",
    "tfsave/module_mlp_k3, w2",
  })
  void headsOfTf1AndOfModulesAreFound(String zoo, String kernel) {
    FoundHead found = HeadFinder.only(Models.zoo(zoo));
    assertThat(found.kernel()).isEqualTo(kernel);
    assertThat(found.kind()).isEqualTo(Head.Kind.SINGLE_LABEL);
  }

  @ParameterizedTest
  @CsvSource({
    "tf1/tf1_conv_bn, the op Relu",
    "tf1/tf1_several_signatures, the op Softmax",
    "tf1/tf1_partitioned, the op AddV2",
    "tf1/tf1_while_v1, the op Merge",
    "tfsave/hub_training_flag, the op Sub",
  })
  void whatNoHeadIsIsSaidOfTf1AndOfModules(String zoo, String words) {
    Model model = Models.zoo(zoo);
    assertThatThrownBy(() -> HeadFinder.only(model))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining(words)
        .hasMessageContaining("Nearest: ");
  }

  @ParameterizedTest
  @MethodSource("twoAnswers")
  void severalAnswersAreNamed(ZooModel zoo) {
    Model model = Models.of(zoo);
    assertThatThrownBy(() -> HeadFinder.only(model))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("2 answers")
        .hasMessageContaining(String.join(", ", model.servingSignature().outputs().keySet()));
    assertThat(HeadFinder.all(model))
        .extracting(FoundHead::kind)
        .containsExactlyInAnyOrder(Head.Kind.SINGLE_LABEL, Head.Kind.REGRESSION);
  }

  @Test
  void anAnswerForEachStepIsToldFromOneForTheWhole() {
    assertThat(HeadFinder.only(Models.zoo("keras3/bigru_tagger")).perPosition()).isTrue();
    assertThat(HeadFinder.only(Models.zoo("keras3/lstm")).perPosition()).isFalse();
    assertThat(HeadFinder.only(Models.zoo("keras3/conv1x1_head")).perPosition()).isFalse();
  }

  @Test
  void oneUnitWithoutActivationIsARegression() {
    FoundHead found = HeadFinder.only(Models.zoo("keras3/linear_regression"));
    assertThat(found.kind()).isEqualTo(Head.Kind.REGRESSION);
    assertThat(found.inputs()).isEqualTo(4);
  }

  @Test
  void aTiedKernelIsReadTransposed() {
    FoundHead found = HeadFinder.only(Models.zoo("keras2/embedding_tied"));
    assertThat(found.transposed()).isTrue();
    assertThat(found.units()).isEqualTo(10);
    assertThat(found.inputs()).isEqualTo(4);
  }

  /** Scored and trained are the answers [N, 1], whatever became of the last dimension. */
  @ParameterizedTest
  @ValueSource(strings = {"keras2/squeezed_answer", "keras3/squeezed_answer"})
  void aSqueezedAnswerHasItsLogitsBefore(String zoo) {
    Model model = Models.zoo(zoo);
    FoundHead found = HeadFinder.only(model);
    assertThat(found.kind()).isEqualTo(Head.Kind.REGRESSION);
    assertThat(found.linear()).isTrue();
    assertThat(found.logits()).isNotEqualTo(found.answer());
    assertThat(model.graph().node(found.logits().node()).getOp()).isIn("BiasAdd", "AddV2");
    assertThat(HeadFinder.givesLogits(model, model.with(Edits.keepHead()).heads().get(0))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"'ab,bc->ac', false", "'ab,cb->ac', true", "'...x,yx->...y', true"})
  void anEinsumSaysHowItsKernelLies(String equation, boolean transposed) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "predictions");
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 4));
    TensorRef kernel = g.constant(transposed ? value(3, 4) : value(4, 3));
    TensorRef y = g.op("Einsum").inputs(List.of(x, kernel)).attr("equation", equation).output();
    Signature signature =
        Signature.predict(
            Signature.SERVING_DEFAULT,
            ImmutableMap.of("x", new TensorSpec(x, DType.FLOAT32, Shape.of(-1, 4))),
            ImmutableMap.of("y", new TensorSpec(y, DType.FLOAT32, Shape.of(-1, 3))));
    FoundHead found =
        HeadFinder.only(
            Model.builder("einsum", editor.build(), new Provenance.Origin("", "", "", "", 0))
                .signatures(List.of(signature))
                .build());
    assertThat(found.transposed()).isEqualTo(transposed);
    assertThat(List.of(found.inputs(), found.units())).containsExactly(4, 3);
  }

  /** TensorFlow 2.1 and its neighbours wrote a dense layer on sequences so; found in public. */
  @Test
  void aKernelTransposedByNothingIsReadAsItIs() {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "predictions");
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 5, 4));
    TensorRef kernel =
        g.add("Reshape", g.add("Transpose", g.constant(value(4, 3)), g.ints(0, 1)), g.ints(4, 3));
    TensorRef product = g.add("MatMul", g.add("Reshape", x, g.ints(-1, 4)), kernel);
    TensorRef y = g.add("Reshape", product, g.ints(-1, 5, 3));
    Signature signature =
        Signature.predict(
            Signature.SERVING_DEFAULT,
            ImmutableMap.of("x", new TensorSpec(x, DType.FLOAT32, Shape.of(-1, 5, 4))),
            ImmutableMap.of("y", new TensorSpec(y, DType.FLOAT32, Shape.of(-1, 5, 3))));
    FoundHead found =
        HeadFinder.only(
            Model.builder("tensordot", editor.build(), new Provenance.Origin("", "", "", "", 0))
                .signatures(List.of(signature))
                .build());
    assertThat(found.transposed()).isFalse();
    assertThat(found.inputs()).isEqualTo(4);
    assertThat(found.units()).isEqualTo(3);
  }

  private static TensorValue value(int rows, int columns) {
    return TensorValue.of(Shape.of(rows, columns), new float[rows * columns]);
  }
}
