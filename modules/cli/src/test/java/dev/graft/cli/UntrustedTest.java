package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Attrs;
import dev.graft.graph.Shape;
import dev.graft.model.TensorValue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorProto;

/**
 * A model that writes a file in the body of a loop is refused by every command that runs models.
 */
class UntrustedTest {

  private static final TensorProto YES =
      TensorProto.newBuilder()
          .setDtype(DataType.DT_BOOL)
          .setTensorShape(Shape.scalar().toProto())
          .addBoolVal(true)
          .build();

  @TempDir private Path folder = Path.of("");
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int graft(String... args) {
    out.reset();
    err.reset();
    return Main.run(
        Terminal.to(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            0),
        args);
  }

  private String said() {
    return out.toString(StandardCharsets.UTF_8) + err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void everyCommandRefusesIt() throws IOException {
    Path loot = folder.resolve("loot");
    String model = write(loot).toString();
    String photos = "../../testdata/photos";
    assertThat(graft("check", model)).isEqualTo(1);
    assertThat(said()).contains("WriteFile", "function 'body'", "--trust");
    assertThat(graft("predict", "--model", model, photos + "/animals/cat.jpg")).isEqualTo(2);
    assertThat(said()).contains("WriteFile", "--trust");
    String out = folder.resolve("out").toString();
    assertThat(graft("finetune", "--model", model, "--data", photos, "--out", out)).isEqualTo(2);
    assertThat(said()).contains("WriteFile", "--trust");
    assertThat(graft("inspect", model)).isZero();
    assertThat(said()).contains("unusual  ", "WriteFile", "refused without --trust");
    assertThat(loot).doesNotExist();
    assertThat(folder.resolve("out")).doesNotExist();
  }

  private Path write(Path loot) throws IOException {
    GraphDef.Builder graph = GraphDef.newBuilder();
    graph
        .addNode(
            node("x", "Placeholder")
                .putAttr("dtype", Attrs.of(DataType.DT_FLOAT))
                .putAttr("shape", Attrs.of(Shape.of(-1, 2))))
        .addNode(
            node("y", "While", "x")
                .putAttr("T", Attrs.types(List.of(DataType.DT_FLOAT)))
                .putAttr("cond", Attrs.function("cond"))
                .putAttr("body", Attrs.function("body")));
    NodeDef.Builder text =
        node("text", "Const")
            .putAttr("dtype", Attrs.of(DataType.DT_STRING))
            .putAttr("value", Attrs.of(TensorValue.scalar(loot.toString()).toProto()));
    graph
        .getLibraryBuilder()
        .addFunction(
            function("body", DataType.DT_FLOAT)
                .addNodeDef(text)
                .addNodeDef(node("WriteFile", "WriteFile", "text:output:0", "text:output:0"))
                .addNodeDef(
                    node("out", "Identity", "x", "^WriteFile")
                        .putAttr("T", Attrs.of(DataType.DT_FLOAT))))
        .addFunction(
            function("cond", DataType.DT_BOOL)
                .addNodeDef(
                    node("out", "Const")
                        .putAttr("dtype", Attrs.of(DataType.DT_BOOL))
                        .putAttr("value", Attrs.of(YES))));
    MetaGraphDef.Builder meta = MetaGraphDef.newBuilder().setGraphDef(graph);
    meta.getMetaInfoDefBuilder().addTags("serve").setTensorflowVersion("2.15.0");
    meta.putSignatureDef(
        "serving_default",
        SignatureDef.newBuilder()
            .putInputs("x", tensor("x:0"))
            .putOutputs("y", tensor("y:0"))
            .setMethodName("tensorflow/serving/predict")
            .build());
    Path model = Files.createDirectories(folder.resolve("model"));
    Files.write(
        model.resolve("saved_model.pb"),
        SavedModel.newBuilder()
            .setSavedModelSchemaVersion(1)
            .addMetaGraphs(meta)
            .build()
            .toByteArray());
    return model;
  }

  private static NodeDef.Builder node(String name, String op, String... inputs) {
    return NodeDef.newBuilder().setName(name).setOp(op).addAllInput(List.of(inputs));
  }

  private static FunctionDef.Builder function(String name, DataType result) {
    FunctionDef.Builder function = FunctionDef.newBuilder();
    function
        .getSignatureBuilder()
        .setName(name)
        .addInputArg(OpDef.ArgDef.newBuilder().setName("x").setType(DataType.DT_FLOAT))
        .addOutputArg(OpDef.ArgDef.newBuilder().setName("y").setType(result));
    return function.putRet("y", "out:output:0");
  }

  private static TensorInfo tensor(String name) {
    return TensorInfo.newBuilder().setName(name).setDtype(DataType.DT_FLOAT).build();
  }
}
