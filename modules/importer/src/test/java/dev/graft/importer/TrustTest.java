package dev.graft.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dev.graft.graph.Attrs;
import dev.graft.graph.op.OpRegistry;
import dev.graft.importer.internal.file.SavedModelFolder;
import dev.graft.importer.internal.trust.MachineOps;
import dev.graft.model.MachineAccess;
import dev.graft.model.Model;
import dev.graft.model.UntrustedModelException;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.HandMade;
import dev.graft.testkit.Hostile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;

/**
 * What reaches into files, the network or other code is refused wherever it hides, unless trusted.
 * That no model of the zoo is refused, {@link ZooParityTest} says.
 */
class TrustTest {

  @TempDir private Path folder = Path.of("");

  private UntrustedModelException refused(HandMade model) {
    Path path = model.in(folder);
    UntrustedModelException refusal =
        catchThrowableOfType(UntrustedModelException.class, () -> SavedModelImporter.load(path));
    assertThat(refusal).isNotNull();
    assertThat(refusal.file()).contains(path.resolve("saved_model.pb").toString());
    assertThat(refusal).hasMessageContaining("--trust");
    assertThatCode(() -> SavedModelImporter.load(path, ImportOptions.defaults().trusting()))
        .doesNotThrowAnyException();
    return refusal;
  }

  private void accepted(HandMade model) {
    Path path = model.in(folder);
    assertThatCode(() -> SavedModelImporter.load(path)).doesNotThrowAnyException();
  }

  private static NodeDef waiting(NodeDef.Builder node, String... before) {
    for (String each : before) {
      node.addInput("^" + each);
    }
    return node.build();
  }

  /** A function that writes a file on the side. */
  private static void writer(HandMade model, String name) {
    FunctionDef.Builder function = model.function(name);
    HandMade.textInto(function.addNodeDefBuilder().setName("path").setOp("Const"), "/tmp/owned");
    function
        .addNodeDefBuilder()
        .setName("WriteFile")
        .setOp("WriteFile")
        .addInput("path:output:0")
        .addInput("path:output:0");
    function
        .addNodeDefBuilder()
        .setName("y")
        .setOp("Identity")
        .addInput("x")
        .addInput("^WriteFile")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT));
    function.putControlRet("WriteFile", "WriteFile");
  }

  @Test
  void everyListedOpIsOneOfTensorFlows() {
    assertThat(MachineOps.all())
        .hasSizeGreaterThan(90)
        .allSatisfy(op -> assertThat(OpRegistry.standard().find(op)).as(op).isPresent());
  }

  @Test
  void writeFileInTheGraph() {
    HandMade model = new HandMade().text("path", "/tmp/owned");
    model.node("steal/WriteFile", "WriteFile", "path", "path");
    waiting(model.answer("x"), "steal/WriteFile");
    UntrustedModelException refusal = refused(model);
    assertThat(refusal.accesses())
        .containsExactly(
            new MachineAccess(
                MachineAccess.Kind.FILES,
                "WriteFile",
                "steal/WriteFile",
                "signature 'serving_default'"));
    assertThat(refusal.node()).contains("steal/WriteFile");
  }

  @Test
  void writeFileInACalledFunction() {
    HandMade model = new HandMade();
    writer(model, "inner");
    FunctionDef.Builder outer = model.function("outer");
    outer
        .addNodeDefBuilder()
        .setName("y")
        .setOp("StatefulPartitionedCall")
        .addInput("x")
        .putAttr("f", Attrs.function("inner"))
        .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)));
    model.call("call", "outer", "x");
    model.answer("call");
    assertThat(refused(model).accesses())
        .singleElement()
        .extracting(MachineAccess::op)
        .isEqualTo("WriteFile");
  }

  @Test
  void writeFileInABranch() {
    HandMade model = new HandMade();
    writer(model, "branch");
    model
        .node("flag", "Const")
        .putAttr("dtype", Attrs.of(DataType.DT_INT32))
        .putAttr("value", Attrs.of(TensorValue.scalar(0).toProto()));
    model
        .node("case", "Case", "flag", "x")
        .putAttr(
            "branches",
            AttrValue.newBuilder()
                .setList(
                    AttrValue.ListValue.newBuilder()
                        .addFunc(NameAttrList.newBuilder().setName("branch")))
                .build())
        .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)));
    model.answer("case");
    assertThat(refused(model).accesses())
        .singleElement()
        .extracting(MachineAccess::place)
        .isEqualTo("function 'branch'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "WriteFile",
        "ReadFile",
        "MatchingFiles",
        "PyFunc",
        "SaveV2",
        "RestoreV2",
        "RpcCall"
      })
  void inTheBodyOfALoopOrTheFunctionOfADataset(String op) {
    for (String holder : new String[] {"While", "MapDataset"}) {
      HandMade model = new HandMade();
      FunctionDef.Builder inner = model.function("inner");
      HandMade.textInto(inner.addNodeDefBuilder().setName("path").setOp("Const"), "/etc/passwd");
      inner.addNodeDefBuilder().setName(op).setOp(op).addInput("path:output:0");
      inner
          .addNodeDefBuilder()
          .setName("y")
          .setOp("Identity")
          .addInput("x")
          .addInput("^" + op)
          .putAttr("T", Attrs.of(DataType.DT_FLOAT));
      NodeDef.Builder node = model.node("outer", holder, "x");
      if (holder.equals("While")) {
        node.putAttr("cond", Attrs.function("inner"))
            .putAttr("body", Attrs.function("inner"))
            .putAttr("T", Attrs.types(List.of(DataType.DT_FLOAT)));
        model.answer("outer");
      } else {
        node.clearInput()
            .addInput("source")
            .putAttr("f", Attrs.function("inner"))
            .putAttr("Targuments", Attrs.types(List.of()))
            .putAttr("output_types", Attrs.types(List.of(DataType.DT_FLOAT)))
            .putAttr("output_shapes", Attrs.shapes(List.of(Shape.scalar())));
        model
            .node("source", "TensorSliceDataset", "x")
            .putAttr("Toutput_types", Attrs.types(List.of(DataType.DT_FLOAT)))
            .putAttr("output_shapes", Attrs.shapes(List.of(Shape.scalar())));
        model
            .node("y", "DatasetToSingleElement", "outer")
            .putAttr("output_types", Attrs.types(List.of(DataType.DT_FLOAT)))
            .putAttr("output_shapes", Attrs.shapes(List.of(Shape.scalar())));
      }
      assertThat(refused(model).accesses())
          .singleElement()
          .isEqualTo(
              new MachineAccess(
                  refused(model).accesses().get(0).kind(), op, op, "function 'inner'"));
    }
  }

  @Test
  void writeFileInTheInitializer() {
    HandMade model = new HandMade();
    writer(model, "init");
    model.call("init", "init", "x");
    model.initializer("init");
    model.answer("x");
    assertThat(refused(model).accesses()).isNotEmpty();
  }

  @Test
  void writeFileInTheRestoreOp() {
    HandMade model = new HandMade();
    writer(model, "restore");
    model.text("checkpoint", "");
    model.call("restore_all", "restore", "x");
    model.restore("restore_all", "checkpoint:0");
    model.answer("x");
    assertThat(refused(model).accesses())
        .singleElement()
        .extracting(MachineAccess::place)
        .isEqualTo("function 'restore'");
  }

  @ParameterizedTest
  @CsvSource({"checkpoint, true", "elsewhere, false"})
  void onlyItsOwnCheckpointIsRestored(String from, boolean fine) {
    HandMade model = new HandMade();
    model.text("checkpoint", "").text("elsewhere", "/var/lib/others").text("names", "w");
    model
        .node("read", "RestoreV2", from, "names", "names")
        .putAttr("dtypes", Attrs.types(List.of(DataType.DT_FLOAT)));
    waiting(model.node("restore_all", "NoOp"), "read");
    model.restore("restore_all", "checkpoint:0");
    model.answer("x");
    if (fine) {
      accepted(model);
    } else {
      assertThat(refused(model).accesses()).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource({"words.txt, true", "../../secret, false"})
  void onlyItsOwnAssetsAreRead(String asset, boolean own) throws IOException {
    Files.createDirectories(folder.resolve("assets"));
    Files.writeString(folder.resolve("assets/words.txt"), "a\nb\n");
    HandMade model = new HandMade().text("path", asset);
    model
        .node("table", "HashTableV2")
        .putAttr("key_dtype", Attrs.of(DataType.DT_STRING))
        .putAttr("value_dtype", Attrs.of(DataType.DT_INT64));
    model
        .node("fill", "InitializeTableFromTextFileV2", "table", "path")
        .putAttr("key_index", Attrs.of(-2L))
        .putAttr("value_index", Attrs.of(-1L));
    model.initializer("fill");
    model.answer("x");
    if (own) {
      model.asset("path", asset);
      accepted(model);
    } else {
      assertThat(refused(model).accesses()).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "PyFunc, '', CODE",
    "EagerPyFunc, '', CODE",
    "_Send, '', NETWORK",
    "DebugIdentity, file:///tmp/x, FILES",
    "PrintV2, file:///tmp/x, FILES"
  })
  void otherWaysOut(String op, String address, MachineAccess.Kind kind) {
    HandMade model = new HandMade();
    NodeDef.Builder node =
        model
            .node("out", op, op.equals("PrintV2") ? "text" : "x")
            .putAttr("T", Attrs.of(DataType.DT_FLOAT))
            .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
            .putAttr("Tout", Attrs.types(List.of()))
            .putAttr("token", Attrs.of("pyfunc_0"))
            .putAttr("tensor_name", Attrs.of("x"))
            .putAttr("send_device", Attrs.of("/cpu:0"))
            .putAttr("send_device_incarnation", Attrs.of(1L))
            .putAttr("recv_device", Attrs.of("/cpu:0"));
    if (op.equals("PrintV2")) {
      node.putAttr("output_stream", Attrs.of(address));
      model.text("text", "hello");
    } else if (!address.isEmpty()) {
      node.putAttr(
          "debug_urls",
          AttrValue.newBuilder()
              .setList(AttrValue.ListValue.newBuilder().addS(ByteString.copyFromUtf8(address)))
              .build());
    }
    waiting(model.answer("x"), "out");
    assertThat(refused(model).accesses())
        .singleElement()
        .extracting(MachineAccess::kind)
        .isEqualTo(kind);
  }

  @Test
  void printingAndWatchingWithoutAnAddressIsFine() {
    HandMade model = new HandMade().text("text", "hello");
    model.node("print", "PrintV2", "text").putAttr("output_stream", Attrs.of("stderr"));
    model.node("watch", "DebugIdentity", "x").putAttr("T", Attrs.of(DataType.DT_FLOAT));
    waiting(model.answer("watch"), "print");
    accepted(model);
  }

  @ParameterizedTest
  @EnumSource
  void whatWasOnceLetIn(Hostile kind) throws IOException {
    Path loot = folder.resolve("loot");
    Path model = kind.in(folder.resolve("model"), loot, folder.resolve("secret"));
    if (kind.isDamaged()) {
      assertThatThrownBy(() -> SavedModelImporter.load(model)).hasMessageContaining("damaged");
      return;
    }
    UntrustedModelException refusal =
        catchThrowableOfType(UntrustedModelException.class, () -> SavedModelImporter.load(model));
    assertThat(refusal).isNotNull();
    assertThat(refusal.accesses()).extracting(MachineAccess::op).containsOnly(kind.op().split(","));
    ImportOptions trusting = ImportOptions.defaults().trusting();
    assertThat(SavedModelImporter.read(model, trusting).accesses()).isEqualTo(refusal.accesses());
    assertThatThrownBy(
            () -> LoadableBundle.of(model, ImportOptions.defaults(), folder.resolve("scratch")))
        .isInstanceOf(UntrustedModelException.class);
    assertThat(folder.resolve("scratch")).doesNotExist();
  }

  /** A model for training on a device saves and restores itself: only that is left out. */
  @Test
  void signaturesThatNeedTrustAreLeftOut() {
    HandMade model = new HandMade().text("path", "/tmp/owned");
    model.node("write", "WriteFile", "path", "path");
    waiting(
        model.node("saved", "Identity", "x").putAttr("T", Attrs.of(DataType.DT_FLOAT)), "write");
    model.answer("x");
    model.signature("save", "x:0", "saved:0");
    model.signature("infer", "x:0", "y:0");
    Path path = model.in(folder);
    Model loaded = SavedModelImporter.load(path);
    assertThat(loaded.signatures()).containsOnlyKeys("infer", "serving_default");
    assertThat(loaded.leftOut()).containsExactly("save");
    assertThat(loaded.graph().contains("write")).isFalse();
    ImportOptions save = ImportOptions.defaults().withSignature("save");
    assertThatThrownBy(() -> SavedModelImporter.load(path, save))
        .isInstanceOf(UntrustedModelException.class);
    LoadableBundle copy =
        LoadableBundle.of(path, ImportOptions.defaults(), folder.resolve("scratch"));
    assertThat(SavedModelImporter.load(copy.path()).signatures())
        .containsOnlyKeys("infer", "serving_default");
    assertThat(SavedModelImporter.load(path, ImportOptions.defaults().trusting()).signatures())
        .hasSize(3);
  }

  @Test
  void refusedWhereNoSignatureIsLeft() {
    HandMade model = new HandMade().text("path", "/tmp/owned");
    model.node("write", "WriteFile", "path", "path");
    waiting(model.answer("x"), "write");
    model.meta().putSignatureDef("other", model.meta().getSignatureDefOrThrow("serving_default"));
    model.meta().removeSignatureDef("serving_default");
    assertThat(refused(model).accesses()).hasSize(1);
  }

  /** TensorFlow's optimiser would put one in the place of the other, with the other's arguments. */
  @Test
  void noFunctionSaysWhoseTwinItIs() {
    HandMade model = new HandMade();
    FunctionDef.Builder twin = model.function("twin");
    twin.putAttr("api_implements", Attrs.of("k")).putAttr("api_preferred_device", Attrs.of("CPU"));
    twin.addNodeDefBuilder()
        .setName("y")
        .setOp("Identity")
        .addInput("x")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT));
    model.call("call", "twin", "x");
    model.answer("call");
    Path path = model.in(folder);
    LoadableBundle copy =
        LoadableBundle.of(path, ImportOptions.defaults(), folder.resolve("scratch"));
    assertThat(
            SavedModelFolder.at(copy.path())
                .parse()
                .getMetaGraphs(0)
                .getGraphDef()
                .getLibrary()
                .getFunctionList())
        .singleElement()
        .satisfies(function -> assertThat(function.getAttrMap()).isEmpty());
  }

  /** What TensorFlow is told to be an asset is one, wherever it is read. */
  @ParameterizedTest
  @CsvSource({"../../../secret, outside its folder", "words.txt, is missing"})
  void anAssetOfTheRestoreOpIsThere(String name, String refusal) throws IOException {
    Files.createDirectories(folder.resolve("assets"));
    HandMade model = new HandMade().text("path", "").text("checkpoint", "");
    model.node("lines", "TextLineDataset", "path", "compression", "buffer");
    model.text("compression", "");
    model
        .node("buffer", "Const")
        .putAttr("dtype", Attrs.of(DataType.DT_INT64))
        .putAttr("value", Attrs.of(TensorValue.of(Shape.scalar(), new long[] {1}).toProto()));
    waiting(model.node("restore_all", "NoOp"), "lines");
    model.restore("restore_all", "checkpoint:0");
    model.answer("x");
    model.asset("path", name);
    Path path = model.in(folder);
    assertThatThrownBy(
            () -> LoadableBundle.of(path, ImportOptions.defaults(), folder.resolve("scratch")))
        .hasMessageContaining(refusal);
  }

  @Test
  void anAssetIsNoLinkToElsewhere() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "words");
    Path inside = Files.createDirectories(folder.resolve("model/assets"));
    Files.createSymbolicLink(inside.resolve("words.txt"), secret);
    HandMade model = new HandMade().text("path", "");
    model.answer("x");
    model.asset("path", "words.txt");
    Path path = model.in(folder.resolve("model"));
    assertThatThrownBy(() -> SavedModelImporter.load(path)).hasMessageContaining("is a link to");
    // as the cache of Hugging Face has them
    Path cache = folder.resolve("cache");
    Path blob = Files.createDirectories(cache.resolve("blobs")).resolve("0123");
    Files.writeString(blob, "words");
    Path snapshot = Files.createDirectories(cache.resolve("snapshots/abc/assets"));
    Files.createSymbolicLink(snapshot.resolve("words.txt"), blob);
    Path linked = model.in(snapshot.getParent());
    assertThatCode(() -> SavedModelImporter.load(linked)).doesNotThrowAnyException();
  }
}
