package dev.graft.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dev.graft.graph.Attrs;
import dev.graft.importer.internal.file.SavedModelFolder;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/** Whole models that once got past the trust check, and models of which a part is left out. */
class TrustOfWholeModelsTest extends TrustFixture {
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
    ImportOptions save = ImportOptions.defaults().signature("save");
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
