package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.Floats;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Attrs;
import dev.graft.importer.SavedModelImporter;
import dev.graft.job.Job;
import dev.graft.job.Training;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.surgeon.edit.Edits;
import dev.graft.tensor.Shape;
import dev.graft.testkit.Zoo;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/** What pixels are brought to, where somebody says it, is guessed, or nobody knows. */
@Tag("slow")
class InputRangeTest {

  private static final int[] COLOUR = {200, 30, 90}; // red, green, blue

  @TempDir private Path folder = Path.of("");
  private Path mirror = Path.of("");
  private Path photos = Path.of("");

  @BeforeEach
  void aModelThatShowsItsPixels() throws IOException {
    mirror = Files.createDirectory(folder.resolve("mirror"));
    write(mirror, DataType.DT_FLOAT);
    photos = folder.resolve("photos");
    for (String label : List.of("a", "b")) {
      BufferedImage picture = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB);
      for (int i = 0; i < 16; i++) {
        picture.setRGB(i % 4, i / 4, COLOUR[0] << 16 | COLOUR[1] << 8 | COLOUR[2]);
      }
      Path file = Files.createDirectories(photos.resolve(label)).resolve("p.png");
      ImageIO.write(picture, "png", file.toFile());
    }
  }

  /** Pictures of 2 x 2 pixels in, and out as they are. */
  private static void write(Path to, DataType dtype) throws IOException {
    Shape shape = Shape.of(-1, 2, 2, 3);
    GraphDef.Builder graph =
        GraphDef.newBuilder()
            .addNode(
                NodeDef.newBuilder()
                    .setName("x")
                    .setOp("Placeholder")
                    .putAttr("dtype", Attrs.of(dtype))
                    .putAttr("shape", Attrs.of(shape)))
            .addNode(
                NodeDef.newBuilder()
                    .setName("y")
                    .setOp("Identity")
                    .addInput("x")
                    .putAttr("T", Attrs.of(dtype)));
    TensorInfo.Builder info =
        TensorInfo.newBuilder().setDtype(dtype).setTensorShape(Attrs.of(shape).getShape());
    MetaGraphDef.Builder meta = MetaGraphDef.newBuilder().setGraphDef(graph);
    meta.getMetaInfoDefBuilder().addTags("serve");
    meta.putSignatureDef(
        "serving_default",
        SignatureDef.newBuilder()
            .setMethodName("tensorflow/serving/predict")
            .putInputs("x", info.setName("x:0").build())
            .putOutputs("y", info.setName("y:0").build())
            .build());
    SavedModel model =
        SavedModel.newBuilder().setSavedModelSchemaVersion(1).addMetaGraphs(meta).build();
    Files.write(to.resolve("saved_model.pb"), model.toByteArray());
  }

  private static Model load(Path path, InputRange range) {
    return Graft.load(path, LoadOptions.defaults().inputRange(range));
  }

  /** The formulas of keras.applications.imagenet_utils.preprocess_input, and the plain ranges. */
  private static float[] expected(InputRange range) {
    double r = COLOUR[0];
    double g = COLOUR[1];
    double b = COLOUR[2];
    double[] seen =
        switch (range) {
          case BYTES -> new double[] {r, g, b};
          case UNIT -> new double[] {r / 255, g / 255, b / 255};
          case SIGNED -> new double[] {r / 127.5 - 1, g / 127.5 - 1, b / 127.5 - 1};
          case IMAGENET ->
              new double[] {
                (r / 255 - 0.485) / 0.229, (g / 255 - 0.456) / 0.224, (b / 255 - 0.406) / 0.225
              };
          case CAFFE -> new double[] {b - 103.939, g - 116.779, r - 123.68};
        };
    return new float[] {(float) seen[0], (float) seen[1], (float) seen[2]};
  }

  @ParameterizedTest
  @EnumSource(InputRange.class)
  void theNetworkSeesWhatWasSaid(InputRange range) {
    Model model = load(mirror, range);
    Dataset pictures = Dataset.imageFolder(photos);
    try (Graft graft = Graft.open(Device.CPU)) {
      float[] trained = graft.predict(model, pictures).get("y").floats();
      assertThat(trained).hasSize(2 * 2 * 2 * 3);
      Version version =
          graft.publish(model, Publication.to(folder.resolve("out")).examples(pictures));
      try (LiveModel live = graft.serve(version)) {
        float[] served = Floats.toArray(live.numbers(photos.resolve("a/p.png")));
        for (int i = 0; i < served.length; i++) {
          assertThat(trained[i]).isCloseTo(expected(range)[i % 3], within(1e-4f));
          assertThat(served[i]).isEqualTo(trained[i]);
        }
      }
      Model again = Graft.load(folder.resolve("out"));
      assertThat(again.inputs().get(0).range()).as("the export remembers it").isPresent();
      assertThatThrownBy(() -> load(folder.resolve("out"), InputRange.CAFFE))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("recorded with the model")
          .hasMessageContaining("leave out the range");
    }
  }

  @Test
  void bytesCannotBeBroughtToAnythingElse() throws IOException {
    write(mirror, DataType.DT_UINT8);
    assertThat(load(mirror, InputRange.BYTES).inputs().get(0).range()).isPresent();
    for (InputRange range : List.of(InputRange.UNIT, InputRange.IMAGENET)) {
      assertThatThrownBy(() -> load(mirror, range))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("takes bytes");
    }
    assertThatThrownBy(() -> load(Zoo.model("keras2/dense_mlp").savedModel(), InputRange.UNIT))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("no input that takes pictures");
  }

  private Model start(Path model, LoadOptions load) {
    Job job =
        Job.of(model, photos, folder.resolve("out"))
            .load(load)
            .training(Training.by("head"))
            .build();
    return job.start(job.readBackbone(), job.readPictures());
  }

  /** Not after the job has begun, and with the way out. */
  @Test
  void aRangeThatNobodyKnowsIsAskedForAtOnce() {
    Path model = Zoo.model("keras2/mobilenetv2_mini").savedModel();
    LoadOptions plain = LoadOptions.defaults();
    assertThatThrownBy(() -> start(model, plain))
        .isInstanceOf(BadRequestException.class)
        .asString()
        .contains("is not known; say so: 0..255, 0..1, -1..1", "inputRange");
    assertThat(start(model, plain.inputRange(InputRange.SIGNED)).inputs().get(0).range())
        .contains(new InputSpec.Range(-1, 1, "as was said"));
  }

  /** A network of other layers, with variables that are called after these. */
  private static Model called(String... layers) {
    Model model = SavedModelImporter.load(Zoo.model("keras2/mobilenetv2_mini").savedModel());
    List<Variable> variables = new ArrayList<>();
    for (Variable variable : model.variables()) {
      int i = variables.size();
      variables.add(i < layers.length ? renamed(variable, layers[i] + "/kernel") : variable);
    }
    return model.toBuilder().layers(List.of()).variables(variables).build();
  }

  private static Variable renamed(Variable variable, String name) {
    return new Variable(
        name,
        variable.node(),
        variable.dtype(),
        variable.shape(),
        variable.trainable(),
        variable.role(),
        variable.source());
  }

  @ParameterizedTest
  @CsvSource({
    "MobileNetV2, block_13_expand, block_16_project, -1",
    "ResNet, conv5_block3_3_conv, conv1_conv, 0",
    "DenseNet, conv5_block16_2_conv, conv2_block6_2_conv, 0",
  })
  void whatNamesTellIsAGuessThatCanBeTurnedRound(
      String family, String one, String other, float low) {
    Model model = called(one, other);
    InputSpec.Range guessed = model.with(Edits.fitInputs()).inputs().get(0).range().orElseThrow();
    assertThat(guessed.guessed()).isTrue();
    assertThat(guessed.low()).isEqualTo(low);
    assertThat(guessed.reason()).startsWith("a guess: " + family + " by the names of its layers");
    Model said = InputRange.UNIT.of(model).with(Edits.fitInputs());
    assertThat(said.inputs().get(0).range()).contains(new InputSpec.Range(0, 1, "as was said"));
    assertThat(said.graph().size()).as("nothing was put in").isEqualTo(model.graph().size());
  }

  /** An export says that it was a guess, and nothing more. */
  @Test
  void aGuessIsNoMoreThanThatInAnExport(@TempDir Path out) {
    try (Graft graft = Graft.open()) {
      Model scaled = called("block_13_expand", "block_16_project").with(Edits.fitInputs());
      Model again = Graft.load(graft.publish(scaled, out.resolve("scaled")).path());
      InputSpec.Range range = again.inputs().get(0).range().orElseThrow();
      assertThat(range).isEqualTo(scaled.inputs().get(0).range().orElseThrow());
      assertThat(range.guessed()).isTrue();
      assertThat(InputRange.UNIT.of(again).inputs().get(0).range())
          .contains(new InputSpec.Range(0, 1, "as was said"));
      Model prepared = called("conv5_block3_3_conv", "conv1_conv").with(Edits.fitInputs());
      Model ready = Graft.load(graft.publish(prepared, out.resolve("prepared")).path());
      assertThatThrownBy(() -> InputRange.CAFFE.of(ready))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("is recorded with the model");
    }
  }

  @Test
  void itIsWrittenAsItIsRead() {
    for (InputRange range : InputRange.values()) {
      assertThat(InputRange.named(range.toString())).isEqualTo(range);
    }
    assertThatThrownBy(() -> InputRange.named("0-255"))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining(
            "'0-255' is no input range; choose 0..255, 0..1, -1..1, imagenet, caffe.");
  }
}
