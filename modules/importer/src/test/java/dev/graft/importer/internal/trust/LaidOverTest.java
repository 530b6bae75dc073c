package dev.graft.importer.internal.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadModelException;
import dev.graft.graph.Attrs;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.UntrustedModelException;
import dev.graft.savedmodel.metadata.ModelMetadata;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.HandMade;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/**
 * A convolution and a normalization behind it with vectors that are too short, of which one or both
 * are there in training only. That frozen normalizations of honest models pass, the zoo says.
 */
class LaidOverTest {

  private static final AttrValue FLOAT = Attrs.of(DataType.DT_FLOAT);
  private static final int CHANNELS = 8;

  @TempDir private Path folder;

  private static NodeDef.Builder convolution(NodeDef.Builder node) {
    AttrValue.Builder strides = AttrValue.newBuilder();
    strides.getListBuilder().addAllI(List.of(1L, 1L, 1L, 1L));
    return node.putAttr("T", FLOAT)
        .putAttr("strides", strides.build())
        .putAttr("padding", Attrs.of("SAME"));
  }

  private static NodeDef.Builder norm(NodeDef.Builder node, String x, String vector) {
    return node.setOp("FusedBatchNormV3")
        .addAllInput(List.of(x, vector, vector, vector, vector))
        .putAttr("T", FLOAT)
        .putAttr("U", FLOAT)
        .putAttr("is_training", Attrs.of(false));
  }

  private static NodeDef.Builder relu(NodeDef.Builder node) {
    return node.setOp("Relu").putAttr("T", FLOAT);
  }

  private static void numbers(HandMade model, String name, long... dims) {
    Shape shape = Shape.of(dims);
    model.constant(name, TensorValue.of(shape, new float[(int) shape.elements()]).toProto());
  }

  /** A picture, of which a convolution is {@code convolved}. */
  private static HandMade model() {
    HandMade model = new HandMade();
    numbers(model, "picture", 1, 2, 2, 2);
    numbers(model, "filter", 1, 1, 2, CHANNELS);
    numbers(model, "whole", CHANNELS);
    numbers(model, "short", 3);
    convolution(model.node("convolved", "Conv2D", "picture", "filter"));
    return model;
  }

  /** What a layer does in training: a function of {@code x} and the {@code vector} it captures. */
  private static FunctionDef.Builder training(HandMade model, String result) {
    FunctionDef.Builder function = model.function("training");
    function
        .getSignatureBuilder()
        .addInputArg(OpDef.ArgDef.newBuilder().setName("vector").setType(DataType.DT_FLOAT))
        .getOutputArgBuilder(0)
        .setName("output_0");
    return function.clearRet().putRet("output_0", result);
  }

  /** Writes {@code model} with a layer that does {@code training} when it trains. */
  private Path written(HandMade model, String input, String output, String vector)
      throws IOException {
    Path path = model.in(folder.resolve("model"));
    String json =
        """
        {"format": 1, "name": "model",
         "layers": [{"name": "layer", "class": "Custom", "inputs": ["%s:0"], "outputs": ["%s:0"],
           "training": {"function": "training", "captures": ["%s:0"]}}],
         "provenance": {"origin": {"path": "", "digest": "", "writer": "", "tensorflow": ""}}}
        """
            .formatted(input, output, vector);
    Path file = path.resolve(ModelMetadata.FILE);
    Files.createDirectories(file.resolveSibling("."));
    Files.writeString(file, json);
    return path;
  }

  private static void check(Path path, boolean passes) {
    Model trusted = SavedModelImporter.load(path, ImportOptions.defaults().trusting());
    assertThat(trusted.layers().get(0).training().orElseThrow().isUsable()).isTrue();
    if (passes) {
      assertThat(SavedModelImporter.load(path).layers().get(0).training()).isPresent();
    } else {
      assertThatThrownBy(() -> SavedModelImporter.load(path))
          .isInstanceOf(UntrustedModelException.class)
          .hasMessageContaining("FusedBatchNorm")
          .hasMessageContaining("the graph that trains");
    }
  }

  @ParameterizedTest
  @CsvSource({"whole, true", "short, false"})
  void aNormalizationOfTrainingFitsTheConvolutionBeforeIt(String vector, boolean passes)
      throws IOException {
    HandMade model = model();
    norm(training(model, "result:y:0").addNodeDefBuilder().setName("result"), "x", "vector");
    relu(model.node("relu", "", "convolved"));
    model.answer("relu").addInput("^x");
    check(written(model, "convolved", "relu", vector), passes);
  }

  /** In inference something stands between the two that no optimiser takes out. */
  @ParameterizedTest
  @CsvSource({"whole, true", "short, false"})
  void aLayerThatDoesNothingInTrainingKeepsNothingApart(String vector, boolean passes)
      throws IOException {
    HandMade model = model();
    training(model, "x");
    relu(model.node("relu", "", "convolved"));
    norm(model.node("norm", ""), "relu", vector);
    model.answer("norm").addInput("^x");
    check(written(model, "convolved", "relu", vector), passes);
  }

  @ParameterizedTest
  @CsvSource({"whole, false", "short, false"}) // which it is then is not followed
  void aVectorIsNotWhatALayerGivesInTraining(String vector, boolean passes) throws IOException {
    HandMade model = model();
    training(model, "vector");
    model.node("given", "Identity", "whole").putAttr("T", FLOAT);
    norm(model.node("norm", ""), "convolved", "given");
    model.answer("norm").addInput("^x");
    check(written(model, "picture", "given", vector), passes);
  }

  @Test
  void aResultThatIsNoOutputIsRefused() throws IOException {
    HandMade model = model();
    FunctionDef.Builder training = training(model, "x");
    training.getSignatureBuilder().getOutputArgBuilder(0).setName("output_7");
    training.putRet("output_7", "x");
    relu(model.node("relu", "", "convolved"));
    model.answer("relu").addInput("^x");
    assertThatThrownBy(() -> SavedModelImporter.load(written(model, "convolved", "relu", "whole")))
        .isInstanceOf(BadModelException.class)
        .hasMessageContaining("output_7");
  }
}
