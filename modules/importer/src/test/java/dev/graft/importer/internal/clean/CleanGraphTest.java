package dev.graft.importer.internal.clean;

import static dev.graft.testkit.TensorAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Attrs;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.HandMade;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.OpDef;

class CleanGraphTest {

  @TempDir private Path folder = Path.of("");

  /** A newer TensorFlow gave Relu an attribute, and put the branch on a device that is not here. */
  @Test
  void branchesLoseWhatOnlyTheWritersMachineUnderstands() {
    HandMade made = new HandMade();
    OpDef.Builder relu =
        made.meta().getMetaInfoDefBuilder().getStrippedOpListBuilder().addOpBuilder();
    relu.setName("Relu")
        .addAttr(
            OpDef.AttrDef.newBuilder()
                .setName("fancy")
                .setType("bool")
                .setDefaultValue(Attrs.of(false)));
    made.function("branch")
        .putRet("y", "y:activations:0")
        .addNodeDefBuilder()
        .setName("y")
        .setOp("Relu")
        .addInput("x")
        .setDevice("/job:worker/task:3/device:GPU:7")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT))
        .putAttr("fancy", Attrs.of(false));
    made.node("number", "Const")
        .putAttr("dtype", Attrs.of(DataType.DT_INT32))
        .putAttr("value", Attrs.of(TensorValue.scalar(1).toProto()));
    made.node("if", "StatelessIf", "number", "x")
        .putAttr("Tcond", Attrs.of(DataType.DT_INT32))
        .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("then_branch", Attrs.function("branch"))
        .putAttr("else_branch", Attrs.function("branch"));
    made.answer("if");
    Model model = SavedModelImporter.load(made.in(folder));
    assertThat(model.graph().functions().values())
        .flatExtracting(function -> function.getNodeDefList())
        .hasSize(1)
        .allMatch(node -> node.getDevice().isEmpty() && !node.containsAttr("fancy"));
    TensorValue x = TensorValue.scalar(-4f);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        ModelSession session = runtime.open(model)) {
      assertThat(session.call(model.servingSignature(), Map.of("x", x)).get("y"))
          .isIdenticalTo(TensorValue.scalar(0f));
    }
  }
}
