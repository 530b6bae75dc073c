package dev.graft.importer.internal.trust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Attrs;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.LoadableBundle;
import dev.graft.importer.SavedModelImporter;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.HandMade;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/** A convolution with a pad before it read eight numbers of the paddings, where two were. */
class SeparatePadsTest {

  private static final AttrValue FLOAT = Attrs.of(DataType.DT_FLOAT);
  private static final AttrValue INT = Attrs.of(DataType.DT_INT32);

  @TempDir private Path folder;

  private static HandMade padded(int rows, boolean hidden) {
    HandMade model = new HandMade();
    SignatureDef.Builder signature =
        model.meta().getSignatureDefOrThrow("serving_default").toBuilder();
    TensorInfo x = signature.getInputsOrThrow("x");
    signature.putInputs("x", x.toBuilder().setTensorShape(Shape.of(-1, 2).toProto()).build());
    model.meta().putSignatureDef("serving_default", signature.build());
    int[] numbers = new int[2 * rows];
    numbers[numbers.length - 1] = 1;
    model.constant("paddings", TensorValue.of(Shape.of(rows, 2), numbers).toProto());
    model
        .node("shown", "PlaceholderWithDefault", "paddings")
        .putAttr("dtype", INT)
        .putAttr("shape", Attrs.of(Shape.unknown()));
    model
        .node("pad", "Pad", "x", hidden ? "shown" : "paddings")
        .putAttr("T", FLOAT)
        .putAttr("Tpaddings", INT);
    model.answer("pad");
    return model;
  }

  @ParameterizedTest
  @CsvSource({"4, false, Pad", "4, true, PadV2", "3, false, PadV2", "2, true, PadV2"})
  void onlyThoseForPicturesStay(int rows, boolean hidden, String op) {
    Path path = padded(rows, hidden).in(folder.resolve("model"));
    assertThat(SavedModelImporter.load(path).graph().node("pad").getOp()).isEqualTo(op);
  }

  @Test
  void theAnswerIsTheSame() {
    Path path = padded(2, true).in(folder.resolve("model"));
    LoadableBundle copy = LoadableBundle.of(path, ImportOptions.defaults(), folder.resolve("s"));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        SavedModelSession session = runtime.loadSavedModel(copy.path(), copy.tags())) {
      TensorValue x = TensorValue.of(Shape.of(1, 2), new float[] {1, 2});
      assertThat(session.call("serving_default", Map.of("x", x)).get("y").floats())
          .containsExactly(1, 2, 0);
    }
  }

  /** Where the callers say of which type it is, so is its zero. */
  @Test
  void aPadOfAnyTypeHasAZeroOfThatType() {
    HandMade model = new HandMade();
    FunctionDef.Builder body = model.function("body");
    AttrValue open = AttrValue.newBuilder().setPlaceholder("T").build();
    body.addNodeDefBuilder()
        .setName("y")
        .setOp("Pad")
        .addAllInput(List.of("x", "x", "^x"))
        .putAttr("T", open)
        .putAttr("Tpaddings", INT);
    GraphDef graph = model.build().getMetaGraphs(0).getGraphDef();
    FunctionDef separate = SeparatePads.of(graph).getLibrary().getFunction(0);
    assertThat(separate.getNodeDef(0).getOp()).isEqualTo("PadV2");
    assertThat(separate.getNodeDef(0).getInputList()).containsExactly("x", "x", "y/cast:y:0", "^x");
    assertThat(separate.getNodeDef(2).getAttrMap()).isEqualTo(Map.of("SrcT", INT, "DstT", open));
  }
}
