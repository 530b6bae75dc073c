package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.model.InputSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;

/** What {@code graft inspect} says of models of several vintages. */
class InspectTest {

  private static final String ZOO = "../../testdata/zoo/";

  @TempDir private Path dir = Path.of("");
  private final CommandRun command = new CommandRun();

  private String inspect(int code, String model, String... options) {
    return inspectAt(code, ZOO + model + "/model", options);
  }

  private String inspectAt(int code, String path, String... options) {
    String[] args = new String[options.length + 2];
    args[0] = "inspect";
    args[1] = path;
    System.arraycopy(options, 0, args, 2, options.length);
    int got = command.graft(args);
    assertThat(got).as("%s%s", command.said(), command.complained()).isEqualTo(code);
    return code == 0 ? command.said() : command.complained();
  }

  @Test
  void aKerasModel() {
    assertThat(inspect(0, "keras2/multi_io"))
        .startsWith("model · Keras 2.15.0 functional model · TensorFlow 2.15.1 · 104 KB\n")
        .contains("\nhead     label: dense 5 → 3, softmax; 'graft finetune' replaces it\n")
        .contains("price: dense 5 → 1, linear")
        .contains("\nglobal_average_pooling2d  GlobalAveragePooling2D  ?x3           0\n")
        .contains("89 parameters, 89 trainable · every trainable variable has a gradient")
        .endsWith(" · checkpoint of 9 tensors in 1 file\n");
  }

  @Test
  void whoWroteIt() {
    assertThat(inspect(0, "keras2/dense_compiled")).contains("· Keras 2.15.0 Sequential model ·");
    assertThat(inspect(0, "keras2_export/residual")).contains("· Keras 2 export ·");
    assertThat(inspect(0, "keras3/nested"))
        .contains("· Keras 3 export · TensorFlow 2.18.1 ·")
        .contains("\ncall     serving_default, serve\n");
    assertThat(inspect(0, "tfsave/gather")).contains("· tf.Module ·");
  }

  @Test
  void severalMetaGraphs() {
    String model = "tf1/tf1_two_metagraphs";
    assertThat(inspect(0, model))
        .contains("· TensorFlow 1 graph ·")
        .contains("tags     serve (others: --tags train; --tags serve,tpu)");
    assertThat(inspect(0, model, "--tags", "serve,tpu")).contains("tags     serve, tpu (others:");
    assertThat(inspect(2, model, "--tags", "gpu")).contains("no MetaGraph tagged [gpu]; it has [");
  }

  @Test
  void severalSignatures() {
    String model = "tf1/tf1_several_signatures";
    assertThat(inspect(0, model))
        .contains("call     serving_default\n", "call     features\n", "call     tempered\n");
    assertThat(inspect(0, model, "--signature", "features"))
        .contains("output   features")
        .doesNotContain("scores");
    assertThat(inspect(2, model, "--signature", "classify"))
        .contains("no signature 'classify'; it has [features, serving_default, tempered]");
  }

  /** As a policy of TF-Agents has them; nothing says which one serves. */
  @Test
  void severalSignaturesNoneOfWhichIsTheDefault() throws IOException {
    Path copy = copyOf("tf1/tf1_several_signatures");
    SavedModel saved = SavedModel.parseFrom(Files.readAllBytes(copy.resolve("saved_model.pb")));
    SavedModel.Builder renamed = saved.toBuilder();
    SignatureDef serving = saved.getMetaGraphs(0).getSignatureDefOrThrow("serving_default");
    renamed
        .getMetaGraphsBuilder(0)
        .removeSignatureDef("serving_default")
        .putSignatureDef("action", serving);
    Files.write(copy.resolve("saved_model.pb"), renamed.build().toByteArray());
    assertThat(inspectAt(0, copy.toString()))
        .contains("call     action", "call     features", "--signature", "parameters");
    assertThat(inspectAt(0, copy.toString(), "--json")).contains("\"action\"");
    assertThat(inspectAt(0, copy.toString(), "--signature", "action")).contains("head     ");
  }

  /** A line that Graft did not mean, or an escape that erases one that it did. */
  @Test
  void aNameForgesNoLine() throws IOException {
    Path copy = copyOf("keras2/dense_mlp");
    SavedModel.Builder saved =
        SavedModel.parseFrom(Files.readAllBytes(copy.resolve("saved_model.pb"))).toBuilder();
    SignatureDef serving = saved.getMetaGraphs(0).getSignatureDefOrThrow("serving_default");
    saved
        .getMetaGraphsBuilder(0)
        .putSignatureDef("z\nunusual  nothing\u001b[1A\u001b[2K\u009b", serving);
    Files.write(copy.resolve("saved_model.pb"), saved.build().toByteArray());
    assertThat(inspectAt(0, copy.toString()))
        .contains("z\u21B5unusual  nothing\uFFFD[1A")
        .doesNotContain("\u001b", "\u009b", "\nunusual");
    String json = inspectAt(0, copy.toString(), "--json");
    assertThat(json).doesNotContain("\u001b", "\u009b");
    assertThat(new ObjectMapper().readTree(json).path("signatures").size()).isEqualTo(2);
  }

  private Path copyOf(String model) throws IOException {
    Path source = Path.of(ZOO, model, "model");
    Path copy = dir.resolve("model");
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(source.relativize(file)));
      }
    }
    return copy;
  }

  @Test
  void whichPixelsIsAskedForOrAGuess() {
    assertThat(inspect(0, "keras2/mobilenetv2_mini"))
        .contains("which pixel values is not known: 'graft finetune --input-range' takes it");
    assertThat(ModelText.words(new InputSpec.Range(-1, 1, "a guess: by names", true)))
        .isEqualTo(
            "-1..1 (a guess: by names; --input-range of finetune and evaluate says otherwise)");
    assertThat(ModelText.words(new InputSpec.Range(0, 255, "it takes bytes")))
        .isEqualTo("0..255 (it takes bytes)");
  }

  @Test
  void forPrograms() throws IOException {
    JsonNode json = new ObjectMapper().readTree(inspect(0, "keras2/lstm", "--json"));
    assertThat(json.path("writer").asText()).isEqualTo("Keras 2.15.0 functional model");
    assertThat(json.path("tags").get(0).asText()).isEqualTo("serve");
    assertThat(json.path("producer").asInt()).isEqualTo(1645);
    assertThat(json.at("/checkpoint/files").asInt()).isEqualTo(1);
    assertThat(json.path("parameters").asInt()).isEqualTo(138);
    assertThat(json.at("/gradients/reached").asInt()).isEqualTo(5);
    assertThat(json.path("layers")).hasSize(3);
  }

  @Test
  void whatCannotBePrintedTogether() {
    String model = "keras2/lstm";
    for (String[] both :
        new String[][] {
          {"--json", "--select", "all"}, {"--graph", "--json"}, {"--graph", "--select", "all"}
        }) {
      assertThat(inspect(2, model, both)).contains("give one of --json, --graph and --select");
    }
    assertThat(inspect(2, model, "--depth", "0")).contains("--depth", "1 or more", "given 0");
    for (String other : new String[] {"--json", "--graph"}) {
      assertThat(inspect(2, model, "--depth", "2", other)).contains("--depth is of the table");
    }
    assertThat(inspect(2, model, "--depth", "2", "--select", "all")).contains("leave it out with");
    assertThat(inspect(2, model, "--depth", "2", "--gpu")).contains("--depth is of the table");
    assertThat(inspect(2, model, "--gpu", "--graph")).contains("--gpu goes with --json or alone");
    assertThat(inspect(2, model, "--optimizer", "sgd")).contains("--optimizer is for --gpu");
    assertThat(inspect(2, model, "--gpu", "--optimizer", "adamm")).contains("no optimizer 'adamm'");
  }

  @Test
  void whatAGpuWouldLeaveToTheCpu() throws IOException {
    assertThat(inspect(0, "keras2/cnn_bn", "--gpu"))
        .startsWith("A training step of model, all ")
        .contains(" nodes on the GPU, ", "no op is left to the CPU", "nothing was run on a GPU.");
    assertThat(inspect(0, "keras2/string_lookup_classifier", "--gpu"))
        .contains("on the CPU: LookupTableFindV2", "has no GPU kernel");
    JsonNode gpu =
        new ObjectMapper()
            .readTree(
                inspect(
                    0,
                    "keras2/string_lookup_classifier",
                    "--gpu",
                    "--json",
                    "--optimizer",
                    "adagrad"))
            .path("gpu");
    assertThat(gpu.path("onGpu").asInt()).isPositive();
    assertThat(gpu.path("onCpu").findValuesAsText("op")).contains("LookupTableFindV2");
    assertThat(gpu.path("variablesOnCpu")).isEmpty();
  }

  @Test
  void nodesAndFunctions() {
    assertThat(inspect(0, "keras2/lstm", "--graph"))
        .contains("\nmodel/logits/MatMul\tMatMul\t")
        .contains("\nfunction ")
        .contains("\n  while/MatMul\tMatMul\t");
  }
}
