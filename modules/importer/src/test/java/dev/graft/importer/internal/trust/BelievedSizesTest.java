package dev.graft.importer.internal.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.graph.Attrs;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.UntrustedModelException;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.HandMade;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** Kernels that believe one of their sizes pass where a constant or an attribute shows it. */
class BelievedSizesTest {

  @TempDir private Path folder;

  private void check(HandMade model, String op, boolean passes) {
    model.answer("x").addInput("^k");
    Path path = model.in(folder.resolve("model"));
    if (passes) {
      assertThat(SavedModelImporter.load(path).graph().contains("k")).isTrue();
    } else {
      assertThatThrownBy(() -> SavedModelImporter.load(path))
          .isInstanceOf(UntrustedModelException.class)
          .hasMessageContaining(op);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, true", "1, false", "3, false"})
  void aCountHasNoWeights(int weights, boolean passes) {
    HandMade model = new HandMade();
    model.constant("splits", TensorValue.of(Shape.of(2), new long[] {0, 3}).toProto());
    model.constant("values", TensorValue.of(Shape.of(3), new int[] {0, 1, 2}).toProto());
    model.constant("size", TensorValue.scalar(3).toProto());
    model.constant("weights", TensorValue.of(Shape.of(weights), new float[weights]).toProto());
    model
        .node("k", "RaggedBincount", "splits", "values", "size", "weights")
        .putAttr("Tidx", Attrs.of(DataType.DT_INT32))
        .putAttr("T", Attrs.of(DataType.DT_FLOAT));
    check(model, "RaggedBincount", passes);
  }

  @ParameterizedTest
  @CsvSource({"-1, false, true", "4000, false, false", "-1, true, false", "-2, false, false"})
  void aListIsSplitIntoPiecesOfAnyLength(int rows, boolean computed, boolean passes) {
    for (boolean wide : new boolean[] {false, true}) {
      HandMade model = new HandMade();
      model.constant(
          "shape",
          wide
              ? TensorValue.of(Shape.of(2), new long[] {rows, 2}).toProto()
              : TensorValue.of(Shape.of(2), new int[] {rows, 2}).toProto());
      model.constant("lengths", TensorValue.of(Shape.of(1), new long[] {1}).toProto());
      DataType type = wide ? DataType.DT_INT64 : DataType.DT_INT32;
      model.node("same", "Abs", "shape").putAttr("T", Attrs.of(type));
      model
          .node("k", "TensorListSplit", "x", computed ? "same" : "shape", "lengths")
          .putAttr("element_dtype", Attrs.of(DataType.DT_FLOAT))
          .putAttr("shape_type", Attrs.of(type));
      check(model, "TensorListSplit", passes);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "LSTMBlockCell, use_peephole, true",
    "TensorListSetItem, resize_if_index_out_of_bounds, true",
    "LSTMBlockCell, use_peephole, false",
    "TensorListSetItem, resize_if_index_out_of_bounds, false"
  })
  void anAttributeSaysThatTheyAreNotUsed(String op, String attribute, boolean used) {
    NodeDef.Builder node = NodeDef.newBuilder().setOp(op).setName("k");
    assertThat(MachineOps.kind(node.build())).as("left out").isEmpty();
    node.putAttr(attribute, Attrs.of(used));
    assertThat(MachineOps.kind(node.build()).isPresent()).isEqualTo(used);
  }
}
