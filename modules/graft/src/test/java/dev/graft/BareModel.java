package dev.graft;

import dev.graft.graph.Attrs;
import dev.graft.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/** A SavedModel without variables that gives y for x, put together node by node. */
public final class BareModel {

  private BareModel() {}

  /** A placeholder for pairs of numbers. */
  public static NodeDef.Builder placeholder(String name) {
    return NodeDef.newBuilder()
        .setName(name)
        .setOp("Placeholder")
        .putAttr("dtype", Attrs.of(DataType.DT_FLOAT))
        .putAttr("shape", Attrs.of(Shape.of(-1, 2)));
  }

  /** Writes the model whose nodes are {@code graph}, {@code x} and {@code y} among them. */
  public static void write(Path folder, GraphDef.Builder graph) throws IOException {
    MetaGraphDef.Builder meta = MetaGraphDef.newBuilder().setGraphDef(graph);
    meta.getMetaInfoDefBuilder().addTags("serve");
    TensorInfo.Builder info = TensorInfo.newBuilder().setDtype(DataType.DT_FLOAT);
    meta.putSignatureDef(
        "serving_default",
        SignatureDef.newBuilder()
            .setMethodName("tensorflow/serving/predict")
            .putInputs("x", info.setName("x:0").build())
            .putOutputs("y", info.setName("y:0").build())
            .build());
    SavedModel model =
        SavedModel.newBuilder().setSavedModelSchemaVersion(1).addMetaGraphs(meta).build();
    Files.write(folder.resolve("saved_model.pb"), model.toByteArray());
  }
}
