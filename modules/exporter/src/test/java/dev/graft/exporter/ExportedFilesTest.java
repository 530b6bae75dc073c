package dev.graft.exporter;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.protobuf.ByteString;
import dev.graft.graph.Attrs;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpHistory;
import dev.graft.graph.op.OpRegistry;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Asset;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.SavedModel;

/** What lies in a published version, and what does not. */
class ExportedFilesTest {

  private static TensorFlowRuntime runtime;

  @TempDir private Path folder;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** A picture or a row of somebody's data in a file that goes out with the model is a leak. */
  @Test
  void nothingOfTheUsersLeavesWithTheModel() throws IOException {
    Path photo = Checkout.path("testdata/photos/fish");
    try (Stream<Path> all = Files.list(photo)) {
      photo = all.sorted().findFirst().orElseThrow();
    }
    ByteString picture =
        ByteString.copyFrom(Files.readAllBytes(photo))
            .concat(ByteString.copyFromUtf8("a face, and the name beside it"));
    float[] secret = new float[2 * 8 * 8 * 3];
    Arrays.fill(secret, 12.345f);
    TensorValue images = TensorValue.of(Shape.of(2, 8, 8, 3), secret);
    Model model =
        PictureModel.of(-1).toBuilder()
            .provenance(
                new Provenance(
                    new Provenance.Origin("/home/somebody/models/base", "", "", "", 0),
                    ImmutableList.of()))
            .build();
    Version version =
        Exporter.publish(
            runtime,
            model,
            folder.resolve("base"),
            Proof.examples(Map.of("image", images)),
            Proof.pictures(List.of(picture)));
    assertThat(version.report().warmUps()).isEqualTo(9);
    try (Stream<Path> all = Files.walk(version.path())) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        String bytes = Files.readString(file, ISO_8859_1);
        assertThat(bytes).as(file.toString()).doesNotContain("a face", "somebody");
        assertThat(bytes)
            .doesNotContain(
                images.toProto().getTensorContent().toString(ISO_8859_1).substring(0, 64));
      }
    }
    assertThat(SavedModelImporter.load(version.path()).provenance().origin().path())
        .isEqualTo("base");
  }

  /** TensorFlow 2.3.1 refuses the first for DecodeImage; 2.4.1 loads it, and 2.3.1 the second. */
  @Test
  void theOldestTensorFlowIsSaid() throws IOException {
    Version picture = Exporter.publish(runtime, PictureModel.of(-1), folder.resolve("picture"));
    assertThat(picture.report().needs()).isEqualTo(new OpHistory.Need("2.4", "op DecodeImage"));
    assertThat(picture.path().resolve("assets.extra/graft.json"))
        .content()
        .containsPattern("\"needs\" : \\{\\s+\"tensorflow\" : \"2.4\"");
    Model lstm = SavedModelImporter.load(Zoo.model("keras2/lstm").savedModel());
    Version series = Exporter.publish(runtime, lstm, folder.resolve("series"));
    assertThat(series.report().needs()).isEqualTo(new OpHistory.Need("2.3", ""));
    assertThat(series.report().needsInPython()).isEqualTo(new OpHistory.Need("2.3", ""));
    Model trains = SavedModelImporter.load(Zoo.model("keras2/cnn_bn").savedModel());
    Version norm = Exporter.publish(runtime, trains, folder.resolve("norm"));
    assertThat(norm.report().needsInPython())
        .as("its functions that move statistics are for who trains it again")
        .isEqualTo(new OpHistory.Need("2.10", "attribute validate_shape of op AssignVariableOp"));
  }

  /** A TensorFlow that does not know an attribute refuses the file, even if it says nothing new. */
  @Test
  void attributesThatSayWhatGoesWithoutSayingAreLeftOut() throws IOException {
    Path version = Exporter.publish(runtime, PictureModel.of(-1), folder.resolve("base")).path();
    MetaGraphDef meta = meta(version);
    assertThat(meta.getMetaInfoDef().getStrippedDefaultAttrs()).isTrue();
    List<NodeDef> nodes = new ArrayList<>(meta.getGraphDef().getNodeList());
    meta.getGraphDef()
        .getLibrary()
        .getFunctionList()
        .forEach(function -> nodes.addAll(function.getNodeDefList()));
    assertThat(nodes).anyMatch(node -> node.getOp().equals("VarHandleOp"));
    assertThat(nodes).anyMatch(node -> node.getOp().equals("TensorListSetItem"));
    for (NodeDef node : nodes) {
      OpDef op = OpRegistry.standard().find(node.getOp()).orElseThrow();
      for (OpDef.AttrDef attr : op.getAttrList()) {
        if (attr.hasDefaultValue()) {
          assertThat(node.getAttrMap().get(attr.getName()))
              .as("%s of %s", attr.getName(), node.getName())
              .isNotEqualTo(attr.getDefaultValue());
        }
      }
    }
  }

  /** Keras writes them from TensorFlow 2.18 on; 2.12 does not know them. */
  @Test
  void namesOfVariablesForMessagesAloneAreLeftOut() throws IOException {
    Model model = PictureModel.of(-1);
    GraphEditor editor = model.graph().edit();
    NodeDef variable = editor.node(model.variables().get(0).node());
    editor.replace(variable.toBuilder().putAttr("debug_name", Attrs.of("dense/kernel/")).build());
    Model named = model.toBuilder().graph(editor.build()).build();
    Path version = Exporter.publish(runtime, named, folder.resolve("base")).path();
    assertThat(meta(version).getGraphDef().getNodeList())
        .anyMatch(node -> node.getOp().equals("VarHandleOp"))
        .noneMatch(node -> node.getAttrMap().containsKey("debug_name"));
  }

  /** Clients call signatures by name; what a signature is for is said by its method. */
  @Test
  void signaturesKeepTheirNamesMethodsAndDefaults() throws IOException {
    Model plain = SmallModel.of("predict_images", "Neg", DType.FLOAT32);
    Signature lone = plain.servingSignature();
    TensorValue usual = TensorValue.of(Shape.of(1, 2), new float[] {3, 4});
    Model model =
        plain.toBuilder()
            .signatures(
                List.of(
                    new Signature(
                        lone.name(),
                        lone.method(),
                        lone.inputs(),
                        lone.outputs(),
                        lone.targets(),
                        ImmutableMap.of("inputs", usual))))
            .build();
    Path version = Exporter.publish(runtime, model, folder.resolve("base")).path();
    try (SavedModelSession session = runtime.loadSavedModel(version, Set.of("serve"))) {
      assertThat(session.signatures()).containsOnlyKeys("predict_images", "serving_default");
      for (String name : session.signatures().keySet()) {
        assertThat(session.call(name, Map.of()).get("outputs").floats()).containsExactly(-3, -4);
      }
    }
    Model again = SavedModelImporter.load(version);
    assertThat(again.signatures()).containsOnlyKeys("predict_images");
    assertThat(again.servingSignature().defaults()).containsOnlyKeys("inputs");
  }

  @Test
  void aMethodStaysAsLongAsItsInputsAndOutputsDo() throws IOException {
    Model plain = SmallModel.of("serving_default", "DecodeBase64", DType.STRING);
    assertThat(method(plain, "tensorflow/serving/classify", "classes"))
        .isEqualTo("tensorflow/serving/classify");
    assertThat(method(plain, "tensorflow/serving/classify", "answer")).isEqualTo(Signature.PREDICT);
    assertThat(method(plain, "tensorflow/serving/regress", "outputs"))
        .as("of texts")
        .isEqualTo(Signature.PREDICT);
    assertThat(method(plain, "", "outputs")).isEqualTo(Signature.PREDICT);
  }

  private String method(Model model, String method, String output) throws IOException {
    Signature old = model.servingSignature();
    Signature signature =
        new Signature(
            old.name(),
            method,
            old.inputs(),
            ImmutableMap.of(output, old.outputs().get("outputs")),
            old.targets());
    Model changed = model.toBuilder().signatures(List.of(signature)).build();
    Path version = Exporter.publish(runtime, changed, folder.resolve("methods")).path();
    return meta(version).getSignatureDefOrThrow("serving_default").getMethodName();
  }

  /** In Python one of the two would answer for both. */
  @Test
  void signaturesOfNearlyOneNameHaveFunctionsOfTheirOwn() throws IOException {
    Model model = SmallModel.of("serving_default", "Neg", DType.FLOAT32);
    Signature serving = model.servingSignature();
    GraphEditor editor = model.graph().edit();
    TensorRef abs = editor.op("Abs").name("abs").input(TensorRef.parse("x")).output();
    TensorSpec out = new TensorSpec(abs, DType.FLOAT32, Shape.of(-1, 2));
    Model two =
        model.toBuilder()
            .graph(editor.build())
            .signatures(
                List.of(
                    serving,
                    Signature.predict("a-b", serving.inputs(), serving.outputs()),
                    Signature.predict("a_b", serving.inputs(), ImmutableMap.of("outputs", out)),
                    Signature.predict("saved_function_0", serving.inputs(), serving.outputs())))
            .build();
    Path version = Exporter.publish(runtime, two, folder.resolve("base")).path();
    assertThat(meta(version).getObjectGraphDef().getConcreteFunctionsMap())
        .containsKeys("graft_a_b", "graft_a_b_1")
        .hasSize(4);
  }

  @Test
  void aLabelOfTwoLinesIsOneLineOfTheFile() throws IOException {
    Model model = PictureModel.of(-1);
    Head head = model.heads().get(0);
    Model odd =
        model.toBuilder()
            .heads(
                List.of(
                    new Head(
                        head.name(),
                        head.kind(),
                        Optional.of(Labels.of("broad\ndaylight", "night")),
                        head.features(),
                        head.logits(),
                        head.output(),
                        2)))
            .build();
    Version version = Exporter.publish(runtime, odd, folder.resolve("base"));
    assertThat(Files.readAllLines(version.path().resolve("assets.extra/labels.txt")))
        .containsExactly("broad daylight", "night");
    assertThat(version.report().remarks()).anyMatch(line -> line.contains("line break"));
    assertThat(SavedModelImporter.load(version.path()).heads().get(0).labels())
        .contains(Labels.of("broad\ndaylight", "night"));
  }

  /** They may lie in folders of folders, or be called so as to lead out of the version. */
  @Test
  void assetsGetPlainNamesOfTheirOwn() throws IOException {
    Path one = Files.writeString(folder.resolve("one.txt"), "one");
    Path two = Files.writeString(folder.resolve("two.txt"), "two");
    TensorRef tensor = TensorRef.parse("x");
    List<Asset> assets =
        List.of(
            new Asset("sub/words.txt", one, tensor),
            new Asset("../../../q/model/assets/words.txt", two, tensor),
            new Asset("again.txt", one, tensor));
    AssetFiles files = AssetFiles.of(assets);
    assertThat(assets.stream().map(files::name))
        .containsExactly("words.txt", "1_words.txt", "words.txt");
    Path dir = Files.createDirectory(folder.resolve("version"));
    files.write(dir);
    assertThat(names(dir.resolve("assets"))).containsExactly("1_words.txt", "words.txt");
  }

  /**
   * The constant of an asset is TensorFlow's to fill; what stood there was a place of somebody's.
   */
  @Test
  void theConstantOfAnAssetHoldsItsName() throws IOException {
    Model model = SavedModelImporter.load(Zoo.model("tf1/tf1_table_legacy_init").savedModel());
    Path version = Exporter.publish(runtime, model, folder.resolve("base")).path();
    Model again = SavedModelImporter.load(version);
    assertThat(again.assets()).isNotEmpty();
    for (Asset asset : again.assets()) {
      var constant = again.graph().node(asset.tensor().node()).getAttrOrThrow("value");
      assertThat(TensorValue.from(constant.getTensor()).strings())
          .containsExactly(ByteString.copyFromUtf8(asset.name()));
    }
  }

  @Test
  void filesThatAreNotTakenAlongAreNamed() throws IOException {
    Path original = folder.resolve("original");
    Path version = Exporter.publish(runtime, PictureModel.of(-1), original).path();
    Files.createDirectory(version.resolve("assets"));
    Files.writeString(version.resolve("assets/clients.txt"), "for clients");
    Files.writeString(version.resolve("assets.extra/card.md"), "a card");
    Model model = SavedModelImporter.load(version);
    assertThat(model.source().orElseThrow().folder()).isEqualTo(version);
    assertThat(Exporter.publish(runtime, model, folder.resolve("base")).report().remarks())
        .hasSize(2)
        .anyMatch(line -> line.contains("assets/clients.txt"))
        .anyMatch(line -> line.contains("assets.extra/card.md"));
  }

  private static MetaGraphDef meta(Path version) throws IOException {
    return SavedModel.parseFrom(Files.readAllBytes(version.resolve("saved_model.pb")))
        .getMetaGraphs(0);
  }

  private static Set<String> names(Path dir) throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> all = Files.list(dir)) {
      all.forEach(path -> names.add(path.getFileName().toString()));
    }
    return names;
  }
}
