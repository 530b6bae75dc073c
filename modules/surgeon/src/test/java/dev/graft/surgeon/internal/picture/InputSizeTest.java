package dev.graft.surgeon.internal.picture;

import static dev.graft.surgeon.edit.Edits.addHead;
import static dev.graft.surgeon.edit.Edits.anySizeInput;
import static dev.graft.surgeon.edit.Edits.cut;
import static dev.graft.surgeon.edit.Edits.describeInput;
import static dev.graft.surgeon.edit.Edits.inputSize;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Initializer;
import dev.graft.model.InputSpec;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.SavedFunction;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.ShapeInference;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadFinder;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Models;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.TensorAssert;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.DataType;

/** Convolutional networks at another size of the pictures, and those that know one size only. */
class InputSizeTest {

  private static TensorValue answer(Model model, TensorValue pixels) {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        ModelSession session = runtime.open(model)) {
      String input = model.inputs().get(0).name();
      return session
          .call(model.servingSignature(), Map.of(input, pixels))
          .values()
          .iterator()
          .next();
    }
  }

  private static TensorValue picture(int height, int width) {
    Shape shape = Shape.of(2, height, width, 3);
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.cos(0.37 * i);
    }
    return TensorValue.of(shape, values);
  }

  @ParameterizedTest
  @CsvSource({
    "keras2/cnn_bn, 12, 16",
    "keras2/mobilenetv2_mini, 16, 16",
    "keras2_export/efficientnet_mini, 20, 12",
    "keras2_export/resnet_se_mini, 17, 9",
    "keras3/mobilenetv2_mini, 16, 10",
    "keras3/convnext_mini, 16, 12",
  })
  void aNetworkThatPoolsWorksAtAnySize(String zoo, int height, int width) {
    Model model = Models.zoo(zoo);
    Model larger = model.with(inputSize(height, width));
    assertThat(larger.inputs().get(0).shape()).isEqualTo(Shape.of(-1, height, width, 3));
    Shape inferred =
        ShapeInference.of(larger.graph())
            .shape(larger.servingSignature().outputs().values().iterator().next().tensor());
    assertThat(inferred).isEqualTo(Shape.of(-1, HeadFinder.only(model).units()));
    assertThat(answer(larger, picture(height, width)).shape().dim(0)).isEqualTo(2);
    Shape old = model.inputs().get(0).shape();
    TensorValue small = picture((int) old.dim(1), (int) old.dim(2));
    Model back = larger.with(inputSize((int) old.dim(1), (int) old.dim(2)));
    TensorAssert.assertThat(answer(back, small)).isIdenticalTo(answer(model, small));
  }

  @Test
  void theShippedBackboneTakesSmallerPictures() {
    Model small = Models.efficientNetLite0().with(inputSize(96, 128));
    assertThat(small.layers().stream().filter(l -> l.name().equals("block15_project_bn")))
        .singleElement()
        .satisfies(layer -> assertThat(layer.outputShape()).isEqualTo(Shape.of(-1, 3, 4, 320)));
    assertThat(answer(small, picture(96, 128)).shape()).isEqualTo(Shape.of(2, 1000));
    assertThat(small.provenance().steps().get(0).arguments()).containsEntry("height", "96");
  }

  @Test
  void aFlattenIsExplainedAndThePathAroundItWorks() {
    Model vgg = SavedModelImporter.load(Checkout.path("testdata/surgery/vgg/model"));
    assertThatThrownBy(() -> vgg.with(inputSize(32, 32)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("one size only")
        .hasMessageContaining("flatten")
        .hasMessageContaining("a Flatten")
        .hasMessageContaining("Leave out the size");
    assertThatThrownBy(() -> Models.zoo("keras2/cnn_plain").with(inputSize(16, 16)))
        .as("of one position")
        .hasMessageContaining("a Flatten");
    Model pooled =
        vgg.with(cut("block2_pool"), inputSize(32, 32), addHead(HeadSpec.singleLabel("a", "b")));
    assertThat(answer(pooled, picture(32, 32)).shape()).isEqualTo(Shape.of(2, 2));
    Model resizing =
        vgg.with(describeInput(0, 1, InputSpec.Channels.RGB, InputSpec.Resize.PAD), anySizeInput());
    assertThat(answer(resizing, picture(40, 24)).shape()).isEqualTo(Shape.of(2, 4));
  }

  @Test
  void aPositionEmbeddingIsExplained() {
    assertThatThrownBy(() -> patches(true).with(inputSize(16, 12)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("position embedding")
        .hasMessageContaining("[1, 4, 5]");
    Model without = patches(false).with(inputSize(16, 12));
    assertThat(answer(without, picture(16, 12)).shape()).isEqualTo(Shape.of(2, 5));
    assertThatThrownBy(() -> Models.zoo("keras3/vit_mini").with(inputSize(16, 16)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("one size only");
  }

  /** Patches of 4x4 pixels in a row, as vision transformers begin, and their mean. */
  private static Model patches(boolean embedded) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "patches");
    Shape shape = Shape.of(-1, 8, 8, 3);
    TensorRef image = editor.placeholder("image", DataType.DT_FLOAT, shape);
    TensorRef kernel = g.constant(Initializer.GLOROT_UNIFORM.draw(Shape.of(4, 4, 3, 5), 1));
    TensorRef cut =
        g.op("Conv2D")
            .input(image)
            .input(kernel)
            .attr("strides", Attrs.ints(1, 4, 4, 1))
            .attr("padding", "VALID")
            .output();
    TensorRef row = g.add("Reshape", cut, g.ints(-1, 4, 5));
    TensorRef placed =
        embedded
            ? g.add("AddV2", row, g.constant(Initializer.NORMAL.draw(Shape.of(1, 4, 5), 2)))
            : row;
    TensorRef mean = g.add("Mean", placed, g.ints(1));
    return model(editor, image, shape, mean, 5);
  }

  private static Model model(
      GraphEditor editor, TensorRef image, Shape shape, TensorRef mean, int units) {
    Signature signature =
        Signature.predict(
            Signature.SERVING_DEFAULT,
            ImmutableMap.of("image", new TensorSpec(image, DType.FLOAT32, shape)),
            ImmutableMap.of("mean", new TensorSpec(mean, DType.FLOAT32, Shape.of(-1, units))));
    InputSpec input =
        new InputSpec(
            "image",
            image,
            DType.FLOAT32,
            shape,
            Optional.empty(),
            InputSpec.Channels.RGB,
            InputSpec.Resize.STRETCH);
    return Model.builder("patches", editor.build(), new Provenance.Origin("", "", "", "", 0))
        .signatures(List.of(signature))
        .inputs(List.of(input))
        .build();
  }

  /** As Keras has it with free height and width, where nothing is written down. */
  @ParameterizedTest
  @CsvSource({"keras2, 16, 20", "keras2, 4, 8", "keras3, 16, 20", "keras3, 4, 8"})
  void aDecoderFollowsTheSize(String vintage, int height, int width) {
    Model resized = Models.zoo(vintage + "/decoder_mini").with(inputSize(height, width));
    Model free = Models.zoo("keras3/decoder_mini_free");
    TensorAssert.assertThat(answer(resized, picture(height, width)))
        .isCloseTo(answer(free, picture(height, width)), 1e-6, 1e-5);
  }

  /** What a size of its own is brought to stays; what was reckoned with the old one is refused. */
  @ParameterizedTest
  @CsvSource({"false, true", "true, false"})
  void aResizeToAFixedSizeIsForPicturesOnly(boolean features, boolean works) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "net");
    Shape shape = Shape.of(-1, 6, 6, 3);
    TensorRef image = editor.placeholder("image", DataType.DT_FLOAT, shape);
    TensorRef kernel = g.constant(Initializer.GLOROT_UNIFORM.draw(Shape.of(2, 2, 3, 5), 1));
    TensorRef read =
        features
            ? g.op("Conv2D")
                .input(image)
                .input(kernel)
                .attr("strides", Attrs.ints(1, 1, 1, 1))
                .attr("padding", "VALID")
                .output()
            : g.add("Mul", image, g.scalar(0.5f));
    TensorRef resized = g.add("ResizeBilinear", read, g.ints(9, 9));
    TensorRef mean = g.add("Mean", resized, g.ints(1, 2));
    Model model = model(editor, image, shape, mean, features ? 5 : 3);
    if (works) {
      Model larger = model.with(inputSize(8, 10));
      assertThat(answer(larger, picture(8, 10)).shape()).isEqualTo(Shape.of(2, 3));
    } else {
      assertThatThrownBy(() -> model.with(inputSize(8, 10)))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("the fixed size 9x9");
    }
  }

  /** How many positions there are follows from the new size. */
  @ParameterizedTest
  @ValueSource(strings = {"keras2/cnn_bn", "keras3/cnn_bn"})
  void theOutputOfALayerCanBeFlattenedAtTheNewSize(String zoo) {
    HeadSpec flat = HeadSpec.singleLabel("a", "b").pooling(HeadSpec.Pooling.FLATTEN);
    Model model = Models.zoo(zoo).with(inputSize(12, 8), cut("re_lu_1"), addHead(flat));
    assertThat(answer(model, picture(12, 8)).shape()).isEqualTo(Shape.of(2, 2));
    assertThat(model.variable("predictions/kernel").orElseThrow().shape())
        .isEqualTo(Shape.of(6 * 4 * 5, 2));
  }

  /** A training function that holds the old size would train at that. */
  @Test
  void whatKnowsTheOldSizeDoesNotActInTraining() {
    Model model = Models.zoo("keras2/mobilenetv2_mini");
    assertThat(model.with(inputSize(16, 16)).allLayers().filter(l -> l.training().isPresent()))
        .as("nothing was rewritten")
        .hasSameSizeAs(model.allLayers().filter(l -> l.training().isPresent()).toList());
    Model decoder = Models.zoo("keras2/decoder_mini");
    List<Layer> layers = new ArrayList<>(decoder.layers());
    SavedFunction any = // whatever it does
        Models.zoo("keras2/dropout_mlp")
            .allLayers()
            .flatMap(l -> l.training().stream())
            .filter(function -> function.captures().isEmpty())
            .findFirst()
            .orElseThrow();
    layers.replaceAll(
        l ->
            l.name().equals("conv2d_transpose") || l.name().equals("conv2d")
                ? l.toBuilder().training(any).build()
                : l);
    Model acting = decoder.toBuilder().layers(layers).build().with(inputSize(16, 20));
    assertThat(acting.layers().stream().filter(l -> l.training().isPresent()).map(Layer::name))
        .containsExactly("conv2d");
  }

  @Test
  void picturesTooSmallForTheNetworkAreRefused() {
    Model model = Models.zoo("keras3/convnext_mini");
    assertThatThrownBy(() -> model.with(inputSize(3, 3)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("too small");
    assertThatThrownBy(() -> inputSize(0, 3)).hasMessageContaining("at least one row");
  }
}
