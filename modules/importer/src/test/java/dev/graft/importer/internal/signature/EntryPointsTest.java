package dev.graft.importer.internal.signature;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Attrs;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.HandMade;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedConcreteFunction;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedFunction;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObjectGraph;
import org.tensorflow.proto.Struct.StructuredValue;
import org.tensorflow.proto.Struct.TensorSpecProto;
import org.tensorflow.proto.Struct.TupleValue;
import org.tensorflow.proto.TensorShapeProto;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph.TrackableObject.ObjectReference;

/** By which signature or function a SavedModel is called. */
class EntryPointsTest {

  @TempDir private Path folder = Path.of("");

  private static StructuredValue flag(boolean value) {
    return StructuredValue.newBuilder().setBoolValue(value).build();
  }

  private static void trace(
      HandMade model, SavedObjectGraph.Builder objects, String op, boolean training, boolean all) {
    String name = "trace_" + op + training + all;
    model
        .function(name)
        .addNodeDefBuilder()
        .setName("y")
        .setOp(op)
        .addInput("x")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT));
    StructuredValue x =
        StructuredValue.newBuilder()
            .setTensorSpecValue(
                TensorSpecProto.newBuilder()
                    .setDtype(DataType.DT_FLOAT)
                    .setShape(TensorShapeProto.newBuilder().setUnknownRank(true)))
            .build();
    StructuredValue arguments =
        StructuredValue.newBuilder()
            .setTupleValue(
                TupleValue.newBuilder().addValues(x).addValues(flag(training)).addValues(flag(all)))
            .build();
    objects.putConcreteFunctions(
        name, SavedConcreteFunction.newBuilder().setCanonicalizedInputSignature(arguments).build());
    objects.getNodesBuilder(1).getFunctionBuilder().addConcreteFunctions(name);
  }

  /** Both traces were called with another flag that was true; only one of them was training. */
  @Test
  void theTraceForInferenceIsToldByPairs() {
    HandMade model = new HandMade();
    model.meta().clearSignatureDef();
    SavedObjectGraph.Builder objects = model.meta().getObjectGraphDefBuilder();
    objects
        .addNodesBuilder()
        .addChildren(ObjectReference.newBuilder().setLocalName("__call__").setNodeId(1))
        .getUserObjectBuilder()
        .setIdentifier("_generic_user_object")
        .getVersionBuilder()
        .setProducer(1);
    objects.addNodes(SavedObject.newBuilder().setFunction(SavedFunction.getDefaultInstance()));
    trace(model, objects, "StopGradient", true, true);
    trace(model, objects, "Snapshot", false, true);
    Model loaded = SavedModelImporter.load(model.in(folder));
    assertThat(loaded.graph().nodes()).extracting(node -> node.getOp()).contains("Snapshot");
    assertThat(loaded.graph().nodes())
        .extracting(node -> node.getOp())
        .doesNotContain("StopGradient");
  }

  @Test
  void aSignatureThatTakesNothingIsKept() {
    HandMade model = new HandMade();
    model.answer("x");
    model
        .node("draw", "Const")
        .putAttr("dtype", Attrs.of(DataType.DT_FLOAT))
        .putAttr("value", Attrs.of(TensorValue.scalar(1f).toProto()));
    model.meta().clearSignatureDef();
    model.signature("draw", "x:0", "draw:0");
    model
        .meta()
        .putSignatureDef(
            "draw", model.meta().getSignatureDefOrThrow("draw").toBuilder().clearInputs().build());
    Model loaded = SavedModelImporter.load(model.in(folder));
    assertThat(loaded.signatures()).containsOnlyKeys("draw");
    assertThat(loaded.signatures().get("draw").outputs()).containsOnlyKeys("y");
  }
}
