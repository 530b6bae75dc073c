package dev.graft.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.HandMade;
import dev.graft.testkit.Logged;
import dev.graft.testkit.Zoo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/** Damaged and impossible SavedModels are refused with the place of the damage. */
class DamagedTest {

  @TempDir private Path folder = Path.of("");

  private static BadModelException refused(Path model) {
    BadModelException refusal =
        catchThrowableOfType(BadModelException.class, () -> SavedModelImporter.load(model));
    assertThat(refusal).isNotNull();
    return refusal;
  }

  private Path copy(String zoo) throws IOException {
    Checkout.copy(Zoo.model(zoo).savedModel(), folder);
    return folder;
  }

  /** What is quoted from a file in the log must not reach into the terminal. */
  @Test
  void metadataInTheLogHasNoControlCharacters() throws Exception {
    Path metadata = copy("keras2/dense_mlp").resolve("keras_metadata.pb");
    String text = Files.readString(metadata, StandardCharsets.ISO_8859_1);
    Files.writeString(
        metadata, text.replace("true", "tr\u001b\u0007"), StandardCharsets.ISO_8859_1);
    List<String> told = Logged.during(() -> SavedModelImporter.load(folder));
    assertThat(told)
        .isNotEmpty()
        .allMatch(line -> line.contains("says nothing readable of object"))
        .noneMatch(line -> line.contains("\u001b") || line.contains("\u0007"));
  }

  @Test
  void aMissingShard() throws IOException {
    Path shard = copy("keras2/dense_mlp").resolve("variables/variables.data-00000-of-00001");
    Files.delete(shard);
    assertThat(refused(folder))
        .hasMessageContaining("'" + shard + "' is missing")
        .extracting(e -> e.file().orElse(""))
        .isEqualTo(shard.toString());
  }

  @Test
  void missingWeights() throws IOException {
    Path index = copy("keras2/dense_mlp").resolve("variables/variables.index");
    Files.delete(index);
    assertThat(refused(folder))
        .hasMessageContaining("'" + index + "' is missing")
        .hasMessageContaining("kernel");
  }

  @Test
  void weightsOfAnotherModel() throws IOException {
    copy("keras2/dense_mlp");
    Path other = Zoo.model("keras2/lstm").savedModel().resolve("variables");
    for (String file : List.of("variables.index", "variables.data-00000-of-00001")) {
      Files.copy(
          other.resolve(file),
          folder.resolve("variables").resolve(file),
          StandardCopyOption.REPLACE_EXISTING);
    }
    assertThat(refused(folder)).hasMessageContaining("lacks '", "another model");
  }

  /** Python writes infinities into JSON, and Keras reads them. */
  @Test
  void aConfigurationWithAnInfinity() throws IOException {
    Path metadata = copy("keras2/dense_mlp").resolve("keras_metadata.pb");
    String text = Files.readString(metadata, StandardCharsets.ISO_8859_1);
    String stood = "\"units\": 8, \"activation\"";
    String stands = "\"u\": -Infinity,      \"a\""; // as long: the file says how long its texts are
    assertThat(text).contains(stood);
    Files.writeString(metadata, text.replace(stood, stands), StandardCharsets.ISO_8859_1);
    assertThat(SavedModelImporter.load(folder).layers()).isNotEmpty();
  }

  @Test
  void aTruncatedShard() throws IOException {
    Path shard = copy("keras2/dense_mlp").resolve("variables/variables.data-00000-of-00001");
    Files.write(shard, Arrays.copyOf(Files.readAllBytes(shard), 40));
    assertThat(refused(folder)).hasMessageContaining("it has 40 bytes", "not copied whole");
  }

  @Test
  void aMissingAsset() throws IOException {
    Path assets = copy("tf1/tf1_table_legacy_init").resolve("assets");
    try (Stream<Path> files = Files.list(assets)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    assertThat(refused(folder)).hasMessageContaining("the model's assets were not copied");
  }

  @Test
  void aTruncatedGraph() throws IOException {
    Path file = copy("keras2/dense_mlp").resolve("saved_model.pb");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    assertThat(refused(folder)).hasMessageContaining("'" + file + "' is damaged");
  }

  @Test
  void opsOfOtherLibrariesAreAllNamed() {
    HandMade model = new HandMade();
    FunctionDef.Builder function = model.function("tokenize");
    function.addNodeDefBuilder().setName("y").setOp("SentencepieceTokenizeOp").addInput("x");
    model.call("call", "tokenize", "x");
    model.node("trees", "SimpleMLInferenceOpWithHandle", "call");
    model.node("mine", "Frobnicate", "trees");
    model.answer("mine");
    assertThat(refused(model.in(folder)))
        .hasMessageContaining("written by TensorFlow 2.15.0")
        .hasMessageContaining("from TensorFlow Text: 'SentencepieceTokenizeOp'")
        .hasMessageContaining("node 'y' in function 'tokenize'")
        .hasMessageContaining("from TensorFlow Decision Forests: 'SimpleMLInferenceOpWithHandle'")
        .hasMessageContaining("from a library unknown here: 'Frobnicate' (node 'mine')");
  }

  @Test
  void aFunctionThatCallsItself() {
    HandMade model = new HandMade();
    FunctionDef.Builder function = model.function("f");
    function
        .addNodeDefBuilder()
        .setName("y")
        .setOp("StatefulPartitionedCall")
        .addInput("x")
        .putAttr("f", Attrs.function("f"))
        .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)));
    model.call("call", "f", "x");
    model.answer("call");
    assertThat(refused(model.in(folder))).hasMessageContaining("calls itself (f > f)");
  }

  @Test
  void aLoopThatIsItsOwnBody() {
    HandMade model = new HandMade();
    FunctionDef.Builder function = model.function("f");
    loop(function.addNodeDefBuilder().setName("y").addInput("x"));
    loop(model.node("loop", "While", "x"));
    model.answer("loop");
    assertThat(refused(model.in(folder))).hasMessageContaining("holds itself as a loop or branch");
  }

  private static void loop(NodeDef.Builder node) {
    node.setOp("While")
        .putAttr("cond", Attrs.function("f"))
        .putAttr("body", Attrs.function("f"))
        .putAttr("T", Attrs.types(List.of(DataType.DT_FLOAT)));
  }

  /** What the fuzzer found, one change each to a sound model: {@code y = f(x)}. */
  static Stream<Arguments> changes() {
    return Stream.of(
        change("'y' (Identity) is damaged: it lacks the attribute 'T'", n -> n.clearAttr()),
        change("its attribute 'T' is no type", n -> n.putAttr("T", Attrs.of(1L))),
        change("it takes 1 inputs but has 0", n -> n.clearInput()),
        change("it waits for a node without a name", n -> n.addInput("^")),
        change("'' is no name for a node", n -> n.setName("")),
        change("'^y' is no name for a node", n -> n.setName("^y")),
        change("reads '', which", n -> n.setInput(0, "")),
        change("reads 'z:', which", n -> n.setInput(0, "z:")),
        change("reads 'x:99999999999', which", n -> n.setInput(0, "x:99999999999")));
  }

  private static Arguments change(String message, Consumer<NodeDef.Builder> change) {
    return Arguments.of(message, change);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("changes")
  void aNodeThatIsDamaged(String message, Consumer<NodeDef.Builder> change) {
    HandMade model = new HandMade();
    FunctionDef.Builder function = model.function("f").putRet("y", "z:output:0");
    for (String name : new String[] {"z", "y"}) {
      NodeDef.Builder node = function.addNodeDefBuilder().setName(name).setOp("Identity");
      node.addInput(name.equals("z") ? "x" : "z:output:0")
          .putAttr("T", Attrs.of(DataType.DT_FLOAT));
      if (name.equals("y")) {
        change.accept(node);
      }
    }
    model.call("call", "f", "x");
    model.answer("call");
    assertThat(refused(model.in(folder))).hasMessageContaining(message);
  }

  @Test
  void aFunctionThatWaitsForWhatItDoesNotHold() {
    HandMade model = new HandMade();
    FunctionDef.Builder function = model.function("f");
    function
        .addNodeDefBuilder()
        .setName("y")
        .setOp("Identity")
        .addInput("x")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT));
    function.putControlRet("done", "^nothing");
    model.call("call", "f", "x");
    model.answer("call");
    assertThat(refused(model.in(folder))).hasMessageContaining("waits for '^nothing'");
  }

  /** What a newer TensorFlow added goes if it only says what went without saying before. */
  @Test
  void anAttributeOfANewerTensorFlow() {
    HandMade model = new HandMade();
    model.answer("x").putAttr("shiny", Attrs.of(false));
    model
        .meta()
        .getMetaInfoDefBuilder()
        .getStrippedOpListBuilder()
        .addOpBuilder()
        .setName("Identity")
        .addAttrBuilder()
        .setName("shiny")
        .setType("bool")
        .setDefaultValue(Attrs.of(false));
    Graph graph = SavedModelImporter.load(model.in(folder)).graph();
    assertThat(graph.node("y").containsAttr("shiny")).isFalse();
    assertThat(graph.node("y").containsAttr("T")).isTrue();
  }

  @Test
  void aSignatureOrTagsThatAreNotThere() {
    Path model = Zoo.model("tf1/tf1_two_metagraphs").savedModel();
    assertThat(
            catchThrowableOfType(
                BadRequestException.class,
                () ->
                    SavedModelImporter.load(model, ImportOptions.defaults().signature("classify"))))
        .hasMessageContaining("no signature 'classify'; it has [");
    assertThat(
            catchThrowableOfType(
                BadRequestException.class,
                () -> SavedModelImporter.load(model, ImportOptions.defaults().tags("tpu"))))
        .hasMessageContaining("no MetaGraph tagged [tpu]; it has [");
  }
}
