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
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;

/** Boxes so large that their places in a picture are no numbers: the kernel read there. */
class BoundedBoxesTest {

  private static final AttrValue FLOAT = Attrs.of(DataType.DT_FLOAT);

  @TempDir private Path folder;

  /** Patches of a picture of 9 numbers that rise from left to right. */
  private static HandMade cropping(float... boxes) {
    HandMade model = new HandMade();
    float[] picture = {0, 1, 2, 0, 1, 2, 0, 1, 2};
    model.constant("picture", TensorValue.of(Shape.of(1, 3, 3, 1), picture).toProto());
    model.constant("boxes", TensorValue.of(Shape.of(boxes.length / 4, 4), boxes).toProto());
    model.constant(
        "of", TensorValue.of(Shape.of(boxes.length / 4), new int[boxes.length / 4]).toProto());
    model.constant("size", TensorValue.of(Shape.of(2), new int[] {2, 2}).toProto());
    model.node("crops", BoundedBoxes.OP, "picture", "boxes", "of", "size").putAttr("T", FLOAT);
    model.answer("crops").addInput("^x");
    return model;
  }

  @Test
  void boxesThatNoPictureHasAreNone() {
    float most = Float.MAX_VALUE;
    Path path =
        cropping(most, 0, -most, 1, 0, 1, 1, 0, 1e37f, -0.5f, 1e38f, 0.5f, -9, -9, 9, 9)
            .in(folder.resolve("model"));
    LoadableBundle copy = LoadableBundle.of(path, ImportOptions.defaults(), folder.resolve("s"));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        SavedModelSession session = runtime.loadSavedModel(copy.path(), copy.tags())) {
      TensorValue x = TensorValue.scalar(1f);
      float[] crops = session.call("serving_default", Map.of("x", x)).get("y").floats();
      assertThat(Arrays.copyOfRange(crops, 0, 4)).containsExactly(0, 2, 0, 2);
      assertThat(Arrays.copyOfRange(crops, 4, 8)).containsExactly(2, 0, 2, 0);
      assertThat(Arrays.copyOfRange(crops, 8, 12)).containsExactly(0, 1, 0, 1);
      assertThat(Arrays.copyOfRange(crops, 12, 16)).containsOnly(0); // outside
    }
  }

  @Test
  void theGraphThatTrainsIsBoundedToo() {
    Path path = cropping(0, 0, 1, 1).in(folder.resolve("model"));
    assertThat(SavedModelImporter.load(path).graph().node("crops").getInput(1))
        .isEqualTo("crops/bounded");
  }

  @Test
  void inFunctionsToo() {
    GraphDef.Builder graph = GraphDef.newBuilder();
    FunctionDef.Builder function = graph.getLibraryBuilder().addFunctionBuilder();
    function
        .addNodeDefBuilder()
        .setName("crops")
        .setOp(BoundedBoxes.OP)
        .addInput("a")
        .addInput("b");
    FunctionDef bounded = BoundedBoxes.of(graph.build()).getLibrary().getFunction(0);
    assertThat(bounded.getNodeDef(0).getInputList()).containsExactly("a", "crops/bounded:output:0");
    assertThat(bounded.getNodeDef(1).getInputList()).containsExactly("b");
  }

  @Test
  void whatIsBoundedStaysAsItIs() {
    GraphDef graph = cropping(0, 0, 1, 1).build().getMetaGraphs(0).getGraphDef();
    GraphDef once = BoundedBoxes.of(graph);
    assertThat(once).isNotEqualTo(graph);
    assertThat(BoundedBoxes.of(once)).isEqualTo(once);
  }
}
