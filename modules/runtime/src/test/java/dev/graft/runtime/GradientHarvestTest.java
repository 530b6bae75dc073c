package dev.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.graft.graph.Attrs;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GradientHarvest.Input;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

class GradientHarvestTest {

  private static final Input FLOATS = Input.of(DataType.DT_FLOAT, Shape.of(-1, 2));

  private static NodeDef.Builder op(String type) {
    return NodeDef.newBuilder()
        .setOp(type)
        .setName("block/" + type)
        .addInput("somewhere:3")
        .putAttr("_class", Attrs.of("loc:@elsewhere"))
        .putAttr("T", Attrs.of(DataType.DT_FLOAT));
  }

  private static List<TensorValue> run(
      GradientHarvest harvest, Map<String, TensorValue> values, List<TensorRef> fetches) {
    Map<TensorRef, TensorValue> feeds = new HashMap<>();
    values.forEach((name, value) -> feeds.put(TensorRef.of(name), value));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(harvest.graph())) {
      return session.run(feeds, fetches, List.of());
    }
  }

  private static TensorValue floats(float... values) {
    return TensorValue.of(Shape.of(1, values.length), values);
  }

  @Test
  void theGradientOfTanhReadsTheOpsOutputNotTheOp() {
    GradientHarvest harvest =
        GradientHarvest.of(op("Tanh").build(), List.of(FLOATS), Set.of(0), Set.of(0));
    assertThat(harvest.inputs()).containsExactly("x0");
    assertThat(harvest.outputs()).containsExactly("y0");
    assertThat(harvest.incoming()).containsExactly(Map.entry(0, "dy0"));
    assertThat(harvest.graph().nodes()).noneMatch(node -> node.getOp().equals("Tanh"));
    TensorValue dx =
        run(
                harvest,
                Map.of("y0", floats(0.5f, -0.25f), "dy0", floats(2, 4)),
                List.of(harvest.gradients().get(0)))
            .get(0);
    assertThat(dx.floats()).containsExactly(2 * 0.75f, 4 * 0.9375f);
  }

  @Test
  void onlyWhatIsWantedComesBack() {
    NodeDef matMul =
        op("MatMul")
            .putAttr("transpose_a", Attrs.of(false))
            .putAttr("transpose_b", Attrs.of(true))
            .build();
    List<Input> inputs = List.of(FLOATS, Input.of(DataType.DT_FLOAT, Shape.of(3, 2)));
    GradientHarvest harvest = GradientHarvest.of(matMul, inputs, Set.of(0), Set.of(1));
    assertThat(harvest.gradients()).containsOnlyKeys(1);
    assertThat(harvest.graph().nodes().stream().filter(n -> n.getOp().equals("MatMul"))).hasSize(1);
    TensorValue dw =
        run(
                harvest,
                Map.of("x0", floats(5, 7), "dy0", floats(1, 2, 3)),
                List.of(harvest.gradients().get(1)))
            .get(0);
    assertThat(dw.floats()).containsExactly(5, 7, 10, 14, 15, 21);
  }

  @Test
  void aConstantInputIsSeenByTheRuleAndIsAPlaceholderAfterwards() {
    NodeDef sum =
        op("Sum")
            .putAttr("Tidx", Attrs.of(DataType.DT_INT32))
            .putAttr("keep_dims", Attrs.of(false))
            .build();
    TensorValue axis = TensorValue.of(Shape.of(1), new int[] {1});
    GradientHarvest harvest =
        GradientHarvest.of(sum, List.of(FLOATS, Input.of(axis)), Set.of(0), Set.of(0));
    assertThat(harvest.graph().node("x1").getOp()).isEqualTo("Placeholder");
    TensorValue dx =
        run(
                harvest,
                Map.of(
                    "x0",
                    floats(5, 7),
                    "x1",
                    axis,
                    "dy0",
                    TensorValue.of(Shape.of(1), new float[] {3})),
                List.of(harvest.gradients().get(0)))
            .get(0);
    assertThat(dx.floats()).containsExactly(3, 3);
  }

  @Test
  void anInputThatHasNoGradientHasNoEntry() {
    NodeDef gather =
        NodeDef.newBuilder()
            .setOp("GatherV2")
            .setName("gather")
            .putAttr("Tparams", Attrs.of(DataType.DT_FLOAT))
            .putAttr("Tindices", Attrs.of(DataType.DT_INT32))
            .putAttr("Taxis", Attrs.of(DataType.DT_INT32))
            .build();
    GradientHarvest harvest =
        GradientHarvest.of(
            gather,
            List.of(
                Input.of(DataType.DT_FLOAT, Shape.of(9, 2)),
                Input.of(DataType.DT_INT32, Shape.of(-1)),
                Input.of(TensorValue.scalar(0))),
            Set.of(0),
            Set.of(0, 1));
    assertThat(harvest.gradients()).containsOnlyKeys(0);
  }

  @Test
  void allOutputsOfAnOpCanCarryAGradient() {
    NodeDef split = op("Split").putAttr("num_split", Attrs.of(2)).build();
    GradientHarvest harvest =
        GradientHarvest.of(
            split, List.of(Input.of(TensorValue.scalar(1)), FLOATS), Set.of(0, 1), Set.of(1));
    TensorValue dx =
        run(
                harvest,
                Map.of("x0", TensorValue.scalar(1), "dy0", floats(3), "dy1", floats(4)),
                List.of(harvest.gradients().get(1)))
            .get(0);
    assertThat(dx.floats()).containsExactly(3, 4);
  }

  @Test
  void anOpWithoutARuleIsToldByName() {
    assertThat(GradientHarvest.hasRule("Tanh")).isTrue();
    assertThat(GradientHarvest.hasRule("Round")).isFalse();
    assertThatThrownBy(
            () -> GradientHarvest.of(op("Round").build(), List.of(FLOATS), Set.of(0), Set.of(0)))
        .isInstanceOf(TensorFlowException.class)
        .hasMessageContaining("Round");
  }

  /** The arrays of those outputs and inputs that are there are resolved before one that is not. */
  @Test
  void aGradientThatCannotBeAskedForLeavesNothingNative() {
    int before = NativeMemory.arrays();
    NodeDef tanh = op("Tanh").build();
    assertThatThrownBy(() -> GradientHarvest.of(tanh, List.of(FLOATS), Set.of(0), Set.of(1)))
        .hasMessageContaining("x1");
    assertThat(NativeMemory.arrays()).isEqualTo(before);
  }

  /** Before TensorFlow is loaded nobody knows how large its structs are. */
  @Test
  void nothingNativeNeedsToHaveRunBefore() throws Exception {
    Process child = OwnProcess.running(GradientHarvestTest.class).redirectErrorStream(true).start();
    String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).as(said).isZero();
    assertThat(said).contains("all 9 are there");
  }

  /** The process of that test: asks for the gradients of all inputs of an op that has nine. */
  public static void main(String[] arguments) {
    NodeDef sum = op("AddN").putAttr("N", Attrs.of(9)).build();
    List<Input> inputs = Collections.nCopies(9, FLOATS);
    Set<Integer> all = Set.of(0, 1, 2, 3, 4, 5, 6, 7, 8);
    GradientHarvest harvest = GradientHarvest.of(sum, inputs, Set.of(0), all);
    System.out.println("all " + harvest.gradients().size() + " are there");
  }

  @Test
  void harvestingIsCheap() {
    NodeDef tanh = op("Tanh").build();
    GradientHarvest.of(tanh, List.of(FLOATS), Set.of(0), Set.of(0));
    long start = System.nanoTime();
    for (int i = 0; i < 50; i++) {
      GradientHarvest.of(tanh, List.of(FLOATS), Set.of(0), Set.of(0));
    }
    double millis = (System.nanoTime() - start) / 50e6;
    assertThat(millis).isCloseTo(0, within(20.0)); // 0.2 to 2 ms where it was measured
  }
}
