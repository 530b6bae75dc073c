package dev.graft.exporter;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.protobuf.ByteString;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.OpRegistry;
import dev.graft.graph.Scope;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Asset;
import dev.graft.model.BadRequestException;
import dev.graft.model.FailedCheckException;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.ModelMetadata;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.TensorBundle;
import dev.graft.model.TensorSpec;
import dev.graft.model.TensorValue;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.FaultyFileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
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
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;

class ExporterTest {

  private static TensorFlowRuntime runtime;

  @TempDir Path folder;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    assertThat(runtime.openHandles()).isEmpty();
    runtime.close();
  }

  private static Set<String> names(Path dir) throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> all = Files.list(dir)) {
      all.forEach(path -> names.add(path.getFileName().toString()));
    }
    return names;
  }

  @Test
  void publishesOneVersionAfterTheOther() throws IOException {
    Path base = folder.resolve("serving/colours");
    Model model = PictureModel.of(-1);
    Version first = Exporter.publish(runtime, model, base);
    Version second = Exporter.publish(runtime, model, base);
    assertThat(first.number()).isEqualTo(1);
    assertThat(second.path()).isEqualTo(base.resolve("2"));
    assertThat(names(base)).containsExactly("1", "2");
    assertThat(names(second.path())).containsExactly("assets.extra", "saved_model.pb", "variables");
    assertThat(first.report().batches()).contains(1, 3, 5);
    assertThat(first.report().signatures()).containsExactly("serving_bytes", "serving_default");
    assertThat(first.report().largestDifference()).isLessThan(1e-6);
    assertThat(first.report().warmUps()).isEqualTo(2);
    assertThat(TensorBundle.open(second.path().resolve("variables/variables")).keys())
        .contains("dense/kernel/.ATTRIBUTES/VARIABLE_VALUE");
  }

  @Test
  void theNextNumberFollowsTheHighest() throws IOException {
    Files.createDirectories(folder.resolve("base/41"));
    Files.createDirectories(folder.resolve("base/7"));
    Version version = Exporter.publish(runtime, PictureModel.of(-1), folder.resolve("base"));
    assertThat(version.number()).isEqualTo(42);
  }

  /** A file manager or a network disk puts them there, and no server takes them for versions. */
  @Test
  void hiddenFilesAreLeftAlone() throws IOException {
    Path base = Files.createDirectories(folder.resolve("base"));
    Files.createFile(base.resolve(".DS_Store"));
    Files.createDirectory(base.resolve(".snapshot"));
    assertThat(Exporter.publish(runtime, PictureModel.of(-1), base).number()).isEqualTo(1);
    assertThat(names(base)).containsExactly(".DS_Store", ".snapshot", "1");
  }

  @Test
  void picturesGoInAsBytesAndComeOutWithLabels() {
    Version version = Exporter.publish(runtime, PictureModel.of(-1), folder.resolve("base"));
    TensorValue pictures =
        TensorValue.strings(Shape.of(2), List.of(MadeUpInputs.picture(), MadeUpInputs.picture()));
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      Map<String, TensorValue> out = session.call("serving_bytes", Map.of("bytes", pictures));
      assertThat(out.get("scores").shape()).isEqualTo(Shape.of(2, 2));
      assertThat(out.get("labels").strings().stream().map(ByteString::toStringUtf8))
          .containsExactly("day", "night", "day", "night");
      assertThat(session.signatures().get("serving_bytes").outputs().get("labels").shape())
          .isEqualTo(Shape.of(-1, 2));
    }
  }

  @Test
  void aFixedBatchIsOpenedWhereTheGraphAllows() {
    Version version = Exporter.publish(runtime, PictureModel.of(1), folder.resolve("base"));
    assertThat(version.report().batches()).contains(1, 3, 5);
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      assertThat(session.signatures().get("serving_default").inputs().get("image").shape())
          .isEqualTo(Shape.of(-1, 8, 8, 3));
    }
  }

  /** Shape inference does not see it, no more than what the lists of a recurrent layer hold. */
  @Test
  void aBatchThatIsFixedInsideStaysFixed() {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "net");
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(1, 2));
    TensorRef rows = g.add("GatherV2", g.add("Shape", x), g.scalar(0), g.scalar(0));
    String check =
        editor.op("Assert").input(g.add("Equal", rows, g.scalar(1))).inputs(List.of(rows)).node();
    TensorRef y = editor.op("Identity").name("y").input(x).after(check).output();
    Signature signature =
        Signature.predict(
            Signature.SERVING_DEFAULT,
            ImmutableMap.of("x", new TensorSpec(x, DataType.DT_FLOAT, Shape.of(1, 2))),
            ImmutableMap.of("y", new TensorSpec(y, DataType.DT_FLOAT, Shape.of(1, 2))));
    Model model =
        Model.builder("fixed", editor.build(), new Provenance.Origin("here", "", "", "", 0))
            .signatures(List.of(signature))
            .build();
    Version version = Exporter.publish(runtime, model, folder.resolve("base"));
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      assertThat(session.signatures().get("serving_default").inputs().get("x").shape())
          .isEqualTo(Shape.of(1, 2));
    }
  }

  @Test
  void aFolderWithAnythingElseIsRefused() throws IOException {
    Path base = Files.createDirectory(folder.resolve("base"));
    Files.createDirectory(base.resolve("1"));
    Files.writeString(base.resolve("notes.txt"), "mine");
    assertThatThrownBy(() -> Exporter.publish(runtime, PictureModel.of(-1), base))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("notes.txt");
    assertThat(names(base)).containsExactly("1", "notes.txt");
    Files.delete(base.resolve("notes.txt"));
    Files.writeString(base.resolve("2"), "a file");
    assertThatThrownBy(() -> Exporter.publish(runtime, PictureModel.of(-1), base))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("'2'");
    assertThatThrownBy(() -> Exporter.publish(runtime, PictureModel.of(-1), base.resolve("2")))
        .isInstanceOf(BadRequestException.class);
  }

  @Test
  void aGateThatRefusesLeavesNothing() throws IOException {
    Path base = folder.resolve("base");
    Model model = PictureModel.of(-1);
    Proof passes = Proof.gate("two outputs", exported -> exported.signatures().size() + " found");
    Version first = Exporter.publish(runtime, model, base, passes);
    assertThat(first.report().gates()).containsExactly("two outputs: 2 found");
    Proof fails =
        Proof.gate(
            "accuracy",
            exported -> {
              throw new FailedCheckException("accuracy 0.5 is below 0.9");
            });
    assertThatThrownBy(() -> Exporter.publish(runtime, model, base, passes, fails))
        .isInstanceOf(FailedCheckException.class)
        .hasMessage("accuracy 0.5 is below 0.9");
    assertThat(names(base)).containsExactly("1");
  }

  @Test
  void examplesAreComparedAsTheyAre() {
    TensorValue images = TensorValue.of(Shape.of(7, 8, 8, 3), new float[7 * 8 * 8 * 3]);
    Version version =
        Exporter.publish(
            runtime,
            PictureModel.of(-1),
            folder.resolve("base"),
            Proof.examples(Map.of("image", images)),
            Proof.pictures(List.of(MadeUpInputs.picture())));
    assertThat(version.report().batches()).containsExactly(1, 3, 5, 7);
  }

  @Test
  void whatGraftKnowsOfTheModelComesBackOnImport() {
    Model model = SavedFunctions.addTo(PictureModel.of(-1));
    Version version = Exporter.publish(runtime, model, folder.resolve("base"));
    Model again = SavedModelImporter.load(version.path());
    assertThat(again.name()).isEqualTo(model.name());
    assertThat(again.signatures()).isEqualTo(model.signatures());
    assertThat(again.inputs()).isEqualTo(model.inputs());
    assertThat(again.heads()).isEqualTo(model.heads());
    assertThat(again.provenance()).isEqualTo(model.provenance());
    assertThat(again.variables())
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("source")
        .isEqualTo(model.variables());
    assertThat(ModelMetadata.of(again, Set.of()).toJson())
        .isEqualTo(ModelMetadata.of(model, Set.of()).toJson());
    assertThat(again.penalties()).hasSize(1);
    assertThat(SavedFunctions.penalty(runtime, again))
        .isEqualTo(SavedFunctions.penalty(runtime, model))
        .isGreaterThan(0);
    Version second = Exporter.publish(runtime, again, folder.resolve("base"));
    Model third = SavedModelImporter.load(second.path());
    assertThat(third.graph().nodes()).isEqualTo(again.graph().nodes());
  }

  /**
   * Python gets them as objects that fill themselves; left in the function, they would be empty.
   */
  @Test
  void tablesWithTheirContentInTheCheckpointAreSeenByPython() throws IOException {
    Model model =
        SavedModelImporter.load(Checkout.path("testdata/zoo/tfsave/tables_in_checkpoint/model"));
    Path version = Exporter.publish(runtime, model, folder.resolve("tables")).path();
    MetaGraphDef graph =
        SavedModel.parseFrom(Files.readAllBytes(version.resolve("saved_model.pb")))
            .getMetaGraphs(0);
    List<SavedObject> tables =
        graph.getObjectGraphDef().getNodesList().stream().filter(SavedObject::hasResource).toList();
    assertThat(tables).hasSize(2);
    Map<String, FunctionDef> functions =
        graph.getGraphDef().getLibrary().getFunctionList().stream()
            .collect(toMap(function -> function.getSignature().getName(), function -> function));
    graph
        .getObjectGraphDef()
        .getConcreteFunctionsMap()
        .forEach(
            (name, function) ->
                assertThat(functions.get(name).getNodeDefList())
                    .as(name)
                    .filteredOn(node -> node.getOp().startsWith("Mutable"))
                    .hasSize(name.startsWith("graft_create") ? 1 : 0));
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
    assertThat(version.report().warmUps()).isEqualTo(2);
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

  private static MetaGraphDef meta(Path version) throws IOException {
    return SavedModel.parseFrom(Files.readAllBytes(version.resolve("saved_model.pb")))
        .getMetaGraphs(0);
  }

  @Test
  void aFailureOfWhatComesAfterTheRenameIsARemark() throws IOException {
    List<String> remarks = new ArrayList<>();
    Path base = Files.createDirectory(folder.resolve("base"));
    FaultyFileSystem counting = new FaultyFileSystem(0, FaultyFileSystem.Fault.ONCE);
    commit(counting.wrap(base), remarks);
    assertThat(remarks).isEmpty();
    int versions = 1;
    for (int i = 1; i <= counting.operations(); i++) {
      boolean published = false;
      try {
        commit(new FaultyFileSystem(i, FaultyFileSystem.Fault.ONCE).wrap(base), remarks);
        published = true;
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("injected");
      }
      versions += published ? 1 : 0;
      assertThat(base.resolve(Integer.toString(versions + 1))).doesNotExist();
    }
    assertThat(base.resolve(Integer.toString(versions))).exists();
    assertThat(remarks) // opening the folder, and forcing it
        .hasSize(2)
        .allMatch(remark -> remark.endsWith("after a power cut it may be gone"));
  }

  private static void commit(Path base, List<String> remarks) throws IOException {
    ServingBase serving = ServingBase.at(base);
    ServingBase.Temporary temporary = serving.temporary();
    try {
      serving.commit(temporary, path -> {}, remarks);
    } finally {
      serving.discard(temporary);
    }
  }

  /** One input, one output that is {@code op} of it, under the signature {@code name}. */
  private static Model small(String name, String op, DataType dtype) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", dtype, Shape.of(-1, 2));
    TensorRef y = editor.op(op).name("y").input(x).output();
    TensorSpec out = new TensorSpec(y, editor.dtype(y), Shape.of(-1, 2));
    return Model.builder("small", editor.build(), new Provenance.Origin("here", "", "", "", 0))
        .signatures(
            List.of(
                Signature.predict(
                    name,
                    ImmutableMap.of("inputs", new TensorSpec(x, dtype, Shape.of(-1, 2))),
                    ImmutableMap.of("outputs", out))))
        .build();
  }

  @Test
  void whatNothingCouldBeComparedOfIsRefused() throws IOException {
    Path base = folder.resolve("base");
    Model model = small("serving_default", "DecodeBase64", DataType.DT_STRING);
    assertThat(Exporter.publish(runtime, model, base).report().uncompared()).isEmpty();
    Model picky = small("serving_default", "DecodeCompressed", DataType.DT_STRING);
    GraphEditor editor = picky.graph().edit();
    TensorRef parsed =
        editor
            .op("ParseTensor")
            .name("parsed")
            .input(TensorRef.parse("x"))
            .attr("out_type", DataType.DT_FLOAT)
            .output();
    Signature serving = picky.servingSignature();
    Model unheard =
        picky.toBuilder()
            .graph(editor.build())
            .signatures(
                List.of(
                    serving.with(
                        serving.inputs(),
                        ImmutableMap.of(
                            "outputs",
                            new TensorSpec(parsed, DataType.DT_FLOAT, Shape.unknown())))))
            .build();
    assertThatThrownBy(() -> Exporter.publish(runtime, unheard, base))
        .isInstanceOf(FailedCheckException.class)
        .hasMessageContainingAll(
            "nothing of the export could be compared",
            "'serving_default'",
            "not published",
            "Give examples");
    assertThat(names(base)).containsExactly("1");
  }

  @Test
  void whatWasNotComparedIsListed() {
    Model model = PictureModel.of(-1);
    GraphEditor editor = model.graph().edit();
    Signature serving = model.servingSignature();
    TensorRef scores = serving.outputs().get("scores").tensor();
    TensorRef shape = editor.op("Shape").name("noise/shape").input(scores).output();
    TensorRef noise =
        editor
            .op("RandomUniform")
            .name("noise/random")
            .input(shape)
            .attr("dtype", DataType.DT_FLOAT)
            .output();
    Map<String, TensorSpec> outputs = new LinkedHashMap<>(serving.outputs());
    outputs.put("noise", new TensorSpec(noise, DataType.DT_FLOAT, Shape.of(-1, 2)));
    Signature features =
        Signature.predict(
            "features",
            serving.inputs(),
            ImmutableMap.of("f", new TensorSpec(scores, DataType.DT_FLOAT, Shape.of(-1, 2))));
    Model noisy =
        model.toBuilder()
            .graph(editor.build())
            .signatures(
                List.of(serving.with(serving.inputs(), ImmutableMap.copyOf(outputs)), features))
            .build();
    ExportReport report = Exporter.publish(runtime, noisy, folder.resolve("base")).report();
    assertThat(report.batches()).contains(1, 3, 5);
    assertThat(report.uncompared())
        .anyMatch(line -> line.startsWith("output 'noise' of signature 'serving_default'"))
        .anyMatch(line -> line.startsWith("output 'noise' of signature 'serving_bytes'"))
        .anyMatch(line -> line.startsWith("signature 'features'"))
        .hasSize(3);
  }

  /** The other outputs have to agree beside one that is drawn at random. */
  @Test
  void randomOutputsAreToldByMoreThanRounding() {
    TensorValue one = TensorValue.of(Shape.of(2), new float[] {1, 2});
    TensorValue rounded = TensorValue.of(Shape.of(2), new float[] {1, 2.00001f});
    TensorValue other = TensorValue.of(Shape.of(2), new float[] {1, 3});
    assertThat(Comparison.differing(Map.of("x", one), Map.of("x", rounded))).isEmpty();
    assertThat(Comparison.differing(Map.of("x", one), Map.of("x", other))).containsExactly("x");
  }

  /** Clients call signatures by name; what a signature is for is said by its method. */
  @Test
  void signaturesKeepTheirNamesMethodsAndDefaults() throws IOException {
    Model plain = small("predict_images", "Neg", DataType.DT_FLOAT);
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
    Model plain = small("serving_default", "DecodeBase64", DataType.DT_STRING);
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
    Model model = small("serving_default", "Neg", DataType.DT_FLOAT);
    Signature serving = model.servingSignature();
    GraphEditor editor = model.graph().edit();
    TensorRef abs = editor.op("Abs").name("abs").input(TensorRef.parse("x")).output();
    TensorSpec out = new TensorSpec(abs, DataType.DT_FLOAT, Shape.of(-1, 2));
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

  @Test
  void inputsOfEveryRealKindCanBeMadeUp() {
    for (DataType dtype :
        List.of(
            DataType.DT_INT16,
            DataType.DT_UINT16,
            DataType.DT_UINT32,
            DataType.DT_UINT64,
            DataType.DT_COMPLEX64,
            DataType.DT_COMPLEX128)) {
      Model model = small("serving_default", "Identity", dtype);
      ExportReport report = Exporter.publish(runtime, model, folder.resolve(dtype.name())).report();
      assertThat(report.batches()).as(dtype.name()).contains(1, 3, 5);
    }
  }
}
