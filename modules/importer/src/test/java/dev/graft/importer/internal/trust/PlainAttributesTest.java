package dev.graft.importer.internal.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.graft.graph.Attrs;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.LoadableBundle;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.MachineAccess;
import dev.graft.model.Model;
import dev.graft.model.UntrustedModelException;
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
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;

/**
 * What tells TensorFlow how to run a graph is no part of a model, and kernels that trust what they
 * are given are not run for a stranger. By each of these a file was written, a file read, or memory
 * outside of a tensor, with nothing that {@code inspect} would have shown.
 */
class PlainAttributesTest {

  @TempDir private Path folder;

  private static AttrValue forwards() {
    return AttrValue.newBuilder().setList(AttrValue.ListValue.newBuilder().addI(0).addI(0)).build();
  }

  /** A text that is rewritten where it lies, by the executor's own attribute. */
  @Test
  void noAttributeOfTheExecutorsIsLeft() throws IOException {
    HandMade model = new HandMade().text("file", "");
    model
        .node("up", "RegexReplace", "file", "file", "file")
        .putAttr("_forward_input", forwards())
        .putAttr("_scoped_allocator", forwards());
    FunctionDef.Builder body = model.function("body");
    body.putAttr("_XlaMustCompile", Attrs.of(true));
    body.putAttr("api_implements", Attrs.of("lstm"));
    body.addNodeDefBuilder()
        .setName("y")
        .setOp("Identity")
        .addInput("x")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT))
        .putAttr("_forward_input", forwards());
    model
        .node("call", "PartitionedCall", "x")
        .putAttr("_XlaMustCompile", Attrs.of(true))
        .putAttr("config_proto", Attrs.of("\u0012\u0004gpus"))
        .putAttr("executor_type", Attrs.of("SINGLE_THREADED_EXECUTOR"))
        .putAttr(
            "f",
            AttrValue.newBuilder()
                .setFunc(
                    NameAttrList.newBuilder()
                        .setName("body")
                        .putAttr("_XlaMustCompile", Attrs.of(true)))
                .build())
        .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)));
    model.answer("call").addInput("^up");
    Path path = model.in(folder.resolve("model"));
    Model flat = SavedModelImporter.load(path);
    flat.graph().nodes().forEach(PlainAttributesTest::checkPlain);
    LoadableBundle copy =
        LoadableBundle.of(path, ImportOptions.defaults(), folder.resolve("scratch"));
    byte[] bytes = Files.readAllBytes(copy.path().resolve("saved_model.pb"));
    MetaGraphDef given = SavedModel.parseFrom(bytes).getMetaGraphs(0);
    assertThat(given.getGraphDef().getNodeList()).anyMatch(node -> node.getName().equals("call"));
    given.getGraphDef().getNodeList().forEach(PlainAttributesTest::checkPlain);
    for (FunctionDef function : given.getGraphDef().getLibrary().getFunctionList()) {
      assertThat(function.getAttrMap()).doesNotContainKeys("_XlaMustCompile", "api_implements");
      function.getNodeDefList().forEach(PlainAttributesTest::checkPlain);
    }
    assertThat(new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1))
        .doesNotContain("_XlaMustCompile", "_forward_input", "_scoped_allocator");
  }

  private static void checkPlain(NodeDef node) {
    assertThat(node.getAttrMap())
        .as(node.getName())
        .doesNotContainKeys(
            "_forward_input", "_scoped_allocator", "_XlaMustCompile", "config_proto")
        .doesNotContainKey("executor_type");
  }

  private void refused(HandMade model, String op) throws IOException {
    Path path = model.in(folder.resolve("model"));
    UntrustedModelException refusal =
        catchThrowableOfType(UntrustedModelException.class, () -> SavedModelImporter.load(path));
    assertThat(refusal).as(op).isNotNull();
    assertThat(refusal.accesses()).extracting(MachineAccess::op).containsOnly(op);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "InplaceUpdate",
        "XlaSetDynamicDimensionSize",
        "_FusedMatMul",
        "CropAndResizeGradImage",
        "ResourceApplyAdamWithAmsgrad",
        "SparseMatrixSparseCholesky",
        "BatchNormWithGlobalNormalization",
        "BatchDatasetV2",
        "FakeParam",
        "HistogramFixedWidth",
        "LSTMBlockCell",
        "MapDefun",
        "PaddedBatchDatasetV2",
        "RaggedBincount",
        "RaggedGather",
        "SetSize",
        "TensorListConcat",
        "TensorListSetItem",
        "TensorListSplit"
      })
  void whatTrustsItsInputsNeedsTrust(String op) throws IOException {
    HandMade model = new HandMade();
    model
        .node("bad", op, "x")
        .putAttr("use_peephole", Attrs.of(true))
        .putAttr("resize_if_index_out_of_bounds", Attrs.of(true));
    model.answer("x").addInput("^bad");
    refused(model, op);
  }

  /** A dense table without buckets looks anywhere in memory. */
  @Test
  void bucketsComeFromTheCheckpointOrFromConstants() throws IOException {
    HandMade model = new HandMade();
    table(model, TensorValue.of(Shape.of(0, 1), new long[0]), "keys");
    refused(model, "LookupTableImportV2");
    HandMade shown = new HandMade();
    table(shown, TensorValue.of(Shape.of(4, 1), new long[4]), "keys");
    assertThat(SavedModelImporter.load(shown.in(folder.resolve("shown"))).graph().contains("fill"))
        .isTrue();
    HandMade computed = new HandMade();
    table(computed, TensorValue.of(Shape.of(4, 1), new long[4]), "cut");
    computed.node("cut", "Abs", "keys").putAttr("T", Attrs.of(DataType.DT_INT64));
    refused(computed, "LookupTableImportV2");
  }

  private static void table(HandMade model, TensorValue keys, String from) {
    AttrValue int64 = Attrs.of(DataType.DT_INT64);
    model.constant("none", TensorValue.scalar(-1L).toProto());
    model.constant("gone", TensorValue.scalar(-2L).toProto());
    model.constant("keys", keys.toProto());
    model
        .node("table", "MutableDenseHashTableV2", "none", "gone")
        .putAttr("key_dtype", int64)
        .putAttr("value_dtype", int64);
    model
        .node("fill", "LookupTableImportV2", "table", from, from)
        .putAttr("Tin", int64)
        .putAttr("Tout", int64);
    model.answer("x").addInput("^fill");
  }

  @Test
  void aColonInAFunctionIsDamage() throws IOException {
    HandMade model = new HandMade();
    FunctionDef.Builder body = model.function("body");
    body.addNodeDefBuilder()
        .setName("y")
        .setOp("Identity")
        .addInput("x")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT));
    body.addNodeDefBuilder().setName("s:x").setOp("NoOp");
    model
        .node("call", "PartitionedCall", "x")
        .putAttr(
            "f", AttrValue.newBuilder().setFunc(NameAttrList.newBuilder().setName("body")).build())
        .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)));
    model.answer("call");
    Path path = model.in(folder.resolve("model"));
    assertThat(
            catchThrowableOfType(
                dev.graft.error.BadModelException.class, () -> SavedModelImporter.load(path)))
        .hasMessageContaining("damaged");
  }
}
