package dev.graft.testkit;

import com.google.protobuf.ByteString;
import dev.graft.graph.Attrs;
import dev.graft.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tensorflow.proto.AssetFileDef;
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
 * A SavedModel written node by node: {@code serving_default} takes the float {@code x} and gives
 * {@code y}, the output of the node {@code y}.
 */
public final class HandMade {

  private final GraphDef.Builder graph = GraphDef.newBuilder();
  private final MetaGraphDef.Builder meta = MetaGraphDef.newBuilder();

  /** A model that has only its input. */
  public HandMade() {
    meta.getMetaInfoDefBuilder().addTags("serve").setTensorflowVersion("2.15.0");
    node("x", "Placeholder")
        .putAttr("dtype", Attrs.of(DataType.DT_FLOAT))
        .putAttr("shape", Attrs.of(Shape.of(-1, 2)));
    signature("serving_default", "x:0", "y:0");
  }

  /** Adds a node to the graph. */
  public NodeDef.Builder node(String name, String op, String... inputs) {
    return graph.addNodeBuilder().setName(name).setOp(op).addAllInput(List.of(inputs));
  }

  /** Adds a constant text. */
  public HandMade text(String name, String value) {
    textInto(node(name, "Const"), value);
    return this;
  }

  /** Adds a constant. */
  public void constant(String name, TensorProto value) {
    node(name, "Const")
        .putAttr("dtype", Attrs.of(value.getDtype()))
        .putAttr("value", Attrs.of(value));
  }

  /** Makes a constant text of {@code node}. */
  public static void textInto(NodeDef.Builder node, String value) {
    node.putAttr("dtype", Attrs.of(DataType.DT_STRING))
        .putAttr(
            "value",
            Attrs.of(
                TensorProto.newBuilder()
                    .setDtype(DataType.DT_STRING)
                    .setTensorShape(Shape.scalar().toProto())
                    .addStringVal(ByteString.copyFromUtf8(value))
                    .build()));
  }

  /**
   * Adds a function from a float {@code x} to a float {@code y}, which the node {@code y} gives.
   */
  public FunctionDef.Builder function(String name) {
    FunctionDef.Builder function = graph.getLibraryBuilder().addFunctionBuilder();
    function
        .getSignatureBuilder()
        .setName(name)
        .addInputArg(OpDef.ArgDef.newBuilder().setName("x").setType(DataType.DT_FLOAT))
        .addOutputArg(OpDef.ArgDef.newBuilder().setName("y").setType(DataType.DT_FLOAT));
    return function.putRet("y", "y:output:0");
  }

  /** Adds a call of the function {@code function}. */
  public void call(String name, String function, String input) {
    node(name, "StatefulPartitionedCall", input)
        .putAttr("f", Attrs.function(function))
        .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)));
  }

  /** Adds {@code y}, which gives {@code input} on. */
  public NodeDef.Builder answer(String input) {
    return node("y", "Identity", input).putAttr("T", Attrs.of(DataType.DT_FLOAT));
  }

  /** Adds a signature from {@code input} to {@code output}. */
  public void signature(String name, String input, String output) {
    meta.putSignatureDef(
        name,
        SignatureDef.newBuilder()
            .setMethodName("tensorflow/serving/predict")
            .putInputs("x", tensor(input))
            .putOutputs("y", tensor(output))
            .build());
  }

  /** Adds an input to {@code serving_default}. */
  public void input(String name, String tensor, DataType dtype) {
    meta.putSignatureDef(
        "serving_default",
        meta.getSignatureDefOrThrow("serving_default").toBuilder()
            .putInputs(name, TensorInfo.newBuilder().setName(tensor).setDtype(dtype).build())
            .build());
  }

  /** Names the node that TensorFlow's loader runs after it has restored the variables. */
  public void initializer(String node) {
    meta.putSignatureDef(
        "__saved_model_init_op",
        SignatureDef.newBuilder().putOutputs("__saved_model_init_op", tensor(node)).build());
  }

  /** Names the node that restores the variables, and the tensor that says from where. */
  public void restore(String node, String place) {
    meta.getSaverDefBuilder().setRestoreOpName(node).setFilenameTensorName(place);
  }

  /** Says that the constant {@code node} holds the path of the asset {@code file}. */
  public void asset(String node, String file) {
    meta.addAssetFileDef(
        AssetFileDef.newBuilder().setFilename(file).setTensorInfo(tensor(node + ":0")));
  }

  private static TensorInfo tensor(String name) {
    return TensorInfo.newBuilder().setName(name).setDtype(DataType.DT_FLOAT).build();
  }

  /** What it says beside its graph. */
  public MetaGraphDef.Builder meta() {
    return meta;
  }

  /** All of it. */
  public SavedModel build() {
    return SavedModel.newBuilder()
        .setSavedModelSchemaVersion(1)
        .addMetaGraphs(meta.clone().setGraphDef(graph))
        .build();
  }

  /** Writes it into {@code folder}. */
  public Path in(Path folder) {
    try {
      Files.createDirectories(folder);
      Files.write(folder.resolve("saved_model.pb"), build().toByteArray());
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
