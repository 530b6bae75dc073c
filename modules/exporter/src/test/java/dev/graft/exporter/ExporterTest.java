package dev.graft.exporter;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.error.FailedCheckException;
import dev.graft.exporter.internal.sample.MadeUpPictures;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.checkpoint.TensorBundle;
import dev.graft.savedmodel.metadata.ModelMetadata;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.FaultyFileSystem;
import dev.graft.words.Figure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;

@Tag("slow")
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
    assertThat(first.report().batches()).containsExactly(1, 3, 32);
    assertThat(first.report().signatures())
        .containsExactly("classify", "serving_bytes", "serving_default");
    assertThat(first.report().largestDifference()).isLessThan(1e-6);
    assertThat(first.report().warmUps()).isEqualTo(9);
    assertThat(TensorBundle.open(second.path().resolve("variables/variables")).keys())
        .contains("dense/kernel/.ATTRIBUTES/VARIABLE_VALUE");
  }

  /** Of what Graft noted beside an export only what is in the graph is taken. */
  @Test
  void anExportIsReadByOneOfItsSignatures() {
    Model model = PictureModel.of(-1);
    Signature serving = model.servingSignature();
    Signature echo =
        Signature.predict("echo", serving.inputs(), serving.inputs()); // without the head
    Model both = model.toBuilder().signatures(List.of(serving, echo)).build();
    Path version = Exporter.publish(runtime, both, folder.resolve("base")).path();
    Model bytes =
        SavedModelImporter.load(version, ImportOptions.defaults().signature("serving_bytes"));
    assertThat(bytes.signatures()).containsOnlyKeys("serving_bytes");
    Model alone = SavedModelImporter.load(version, ImportOptions.defaults().signature("echo"));
    assertThat(alone.signatures()).containsOnlyKeys("echo");
    assertThat(alone.heads()).isEmpty();
    assertThat(SavedModelImporter.load(version).heads()).hasSize(1);
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

  /** With the labels of 1,000 scores each answer would hold 1,000 texts. */
  @Test
  void picturesGoInAsBytesAndComeOutAsScores() throws IOException {
    Version version = Exporter.publish(runtime, PictureModel.of(-1), folder.resolve("base"));
    TensorValue pictures =
        TensorValue.strings(
            Shape.of(2), List.of(MadeUpPictures.all().get(0), MadeUpPictures.all().get(0)));
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      Map<String, TensorValue> out = session.call("serving_bytes", Map.of("image_bytes", pictures));
      assertThat(out).containsOnlyKeys("scores");
      assertThat(out.get("scores").shape()).isEqualTo(Shape.of(2, 2));
      assertThat(session.signatures().get("serving_bytes").outputs().get("scores").shape())
          .isEqualTo(Shape.of(-1, 2));
    }
    assertThat(version.path().resolve("assets.extra/labels.txt")).hasContent("day\nnight\n");
  }

  /** TensorFlow inlines no call in the main graph: the first answer took three times as long. */
  @Test
  void thePicturesSignatureCallsNoFunction() throws IOException {
    Version version = Exporter.publish(runtime, PictureModel.of(-1), folder.resolve("base"));
    MetaGraphDef meta =
        SavedModel.parseFrom(Files.readAllBytes(version.path().resolve("saved_model.pb")))
            .getMetaGraphs(0);
    Graph graph = Graph.of(meta.getGraphDef());
    String scores =
        meta.getSignatureDefOrThrow("serving_bytes").getOutputsOrThrow("scores").getName();
    assertThat(graph.upstream(Set.of(TensorRef.parse(scores).node())))
        .extracting(name -> graph.node(name).getOp())
        .contains("StatelessWhile", "MatMul", "VarHandleOp")
        .doesNotContain("PartitionedCall", "StatefulPartitionedCall");
  }

  /** A loop of TF1 is repeated with its counter, or TensorFlow would find one of two halves. */
  @Test
  void picturesGoThroughLoopsOfTf1() {
    Model model = PictureModel.of(-1);
    GraphEditor editor = model.graph().edit();
    TensorRef image = model.servingSignature().inputs().get("image").tensor();
    Scope g = new Scope(editor, "brighter");
    TensorRef round = entered(g, g.scalar(0));
    TensorRef one = always(g, g.scalar(1));
    TensorRef rounds = always(g, g.scalar(3));
    TensorRef pixels = entered(g, image);
    TensorRef number = merged(editor, "brighter/number", round);
    TensorRef value = merged(editor, "brighter/value", pixels);
    TensorRef goesOn = g.add("LoopCond", g.add("Less", number, rounds));
    List<TensorRef> counted = g.op("Switch").input(number).input(goesOn).outputs();
    List<TensorRef> carried = g.op("Switch").input(value).input(goesOn).outputs();
    next(editor, "brighter/number", g.add("AddV2", counted.get(1), one));
    next(editor, "brighter/value", g.add("Neg", carried.get(1)));
    TensorRef left = g.add("Exit", carried.get(0));
    editor.redirect(image, left, node -> !node.getName().startsWith("brighter"));
    Model looped = model.toBuilder().graph(editor.build()).build();
    Version version = Exporter.publish(runtime, looped, folder.resolve("base"));
    assertThat(version.report().warmUps()).isEqualTo(9);
    assertThat(version.report().uncompared()).isEmpty();
  }

  private static TensorRef entered(Scope g, TensorRef value) {
    return g.op("Enter").input(value).attr("frame_name", "brighter").output();
  }

  private static TensorRef always(Scope g, TensorRef value) {
    return g.op("Enter")
        .input(value)
        .attr("frame_name", "brighter")
        .attr("is_constant", true)
        .output();
  }

  /** A merge whose second input {@link #next} makes. */
  private static TensorRef merged(GraphEditor editor, String name, TensorRef first) {
    editor.add(
        NodeDef.newBuilder()
            .setName(name)
            .setOp("Merge")
            .addInput(first.asInput())
            .addInput(name + "/next")
            .putAttr("T", Attrs.of(editor.dtype(first)))
            .putAttr("N", Attrs.of(2))
            .build());
    return TensorRef.of(name);
  }

  private static void next(GraphEditor editor, String name, TensorRef value) {
    editor.op("NextIteration").name(name + "/next").input(value).output();
  }

  @Test
  void aFixedBatchIsOpenedWhereTheGraphAllows() {
    Version version = Exporter.publish(runtime, PictureModel.of(1), folder.resolve("base"));
    assertThat(version.report().batches()).containsExactly(1, 3, 32);
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
            ImmutableMap.of("x", new TensorSpec(x, DType.FLOAT32, Shape.of(1, 2))),
            ImmutableMap.of("y", new TensorSpec(y, DType.FLOAT32, Shape.of(1, 2))));
    Model model =
        Model.builder("fixed", editor.build(), new Provenance.Origin("here", "", "", "", 0))
            .signatures(List.of(signature))
            .build();
    Version version = Exporter.publish(runtime, model, folder.resolve("base"));
    assertThat(version.report().uncompared())
        .singleElement()
        .asString()
        .startsWith("signature 'serving_default' in batches of other sizes than 1:");
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
    Figure two = new Figure("signatures", 2, 2, false, "");
    Proof passes = Proof.gate((exported, folder) -> List.of(two));
    Version first = Exporter.publish(runtime, model, base, passes);
    assertThat(first.report().gates()).containsExactly(two);
    Proof fails =
        Proof.gate(
            (exported, folder) -> {
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
            Proof.pictures(List.of(MadeUpPictures.all().get(0))));
    assertThat(version.report().batches()).containsExactly(1, 3, 32);
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
}
