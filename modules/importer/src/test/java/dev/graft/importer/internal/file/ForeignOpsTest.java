package dev.graft.importer.internal.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.graft.error.BadModelException;
import dev.graft.graph.Attrs;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.UntrustedModelException;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.HandMade;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** What TensorFlow lacks, or knows by name only, is named before anybody is asked to trust it. */
class ForeignOpsTest {

  @TempDir private Path folder = Path.of("");

  private String refusal(HandMade model) {
    BadModelException refusal =
        catchThrowableOfType(
            BadModelException.class, () -> SavedModelImporter.load(model.in(folder)));
    assertThat(refusal).isNotNull().isNotInstanceOf(UntrustedModelException.class);
    return String.valueOf(refusal.getMessage());
  }

  @Test
  void anOpWithoutKernelIsNamed() {
    HandMade model = new HandMade();
    model.node("buckets", "BoostedTreesBucketize", "x", "x").putAttr("num_features", Attrs.of(1));
    model.node("y", "Cast", "buckets").putAttr("SrcT", Attrs.of(DataType.DT_INT32));
    assertThat(refusal(model))
        .contains(
            "knows by name and has nothing to run with",
            "'BoostedTreesBucketize' (node 'buckets')",
            "boosted trees, which left it in 2.13",
            "no gradients");
  }

  @Test
  void soIsOneInAFunction() {
    HandMade model = new HandMade();
    model.function("inner").addNodeDefBuilder().setName("y").setOp("SobolSample");
    model.call("call", "inner", "x");
    model.answer("call");
    assertThat(refusal(model))
        .contains("'SobolSample' (node 'y' in function 'inner')", "no kernel");
  }

  @Test
  void withOneThatTensorFlowLacksBothAre() {
    HandMade model = new HandMade();
    model.node("a", "Addons>Made", "x");
    model.node("b", "TPUExecute", "a");
    model.answer("b");
    assertThat(refusal(model))
        .contains("does not have:", "TensorFlow Addons: 'Addons>Made'", "TPUs: 'TPUExecute'");
  }

  /** The other machines' ops that these are told apart from: XLA and a GPU have a kernel. */
  @Test
  void whatAnotherMachineRunsPasses() {
    HandMade model = new HandMade();
    model
        .node("ids", "Const")
        .putAttr("dtype", Attrs.of(DataType.DT_INT32))
        .putAttr("value", Attrs.of(TensorValue.scalar(1).toProto()));
    model
        .node("sum", "SegmentSumV2", "x", "ids", "ids")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT))
        .putAttr("Tindices", Attrs.of(DataType.DT_INT32))
        .putAttr("Tnumsegments", Attrs.of(DataType.DT_INT32));
    model
        .node("loss", "CTCLossV2", "sum", "ids", "ids", "ids")
        .putAttr("_output_types", Attrs.types(List.of()));
    model.answer("sum");
    assertThat(SavedModelImporter.load(model.in(folder)).signatures()).hasSize(1);
  }
}
