package dev.graft.runtime.internal.natives;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.tensorflow.proto.DataType;

/**
 * The switch in TensorFlow's natives for the CPU, on which nothing depends there: that it is found
 * and turns. What a card makes of it is not tested.
 */
@EnabledOnOs(OS.LINUX)
class TensorFloat32Test {

  @Test
  void itIsOnUntilItIsTurnedOffAndForAsLongAsSomebodyUsesIt() {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      assertThat(TensorFloat32.isThere()).isTrue();
      Runnable early = TensorFloat32.use();
      assertThat(TensorFloat32.isOn()).isTrue();
      TensorFloat32.off();
      assertThat(TensorFloat32.isOn()).as("used before").isTrue();
      Runnable first = TensorFloat32.use();
      early.run();
      early.run(); // the second time is none
      assertThat(TensorFloat32.isOn()).as("still used").isTrue();
      first.run();
      assertThat(TensorFloat32.isOn()).isFalse();
      Runnable again = TensorFloat32.use();
      assertThat(TensorFloat32.isOn()).isTrue();
      again.run();
      assertThat(TensorFloat32.isOn()).isFalse();
      assertThat(runtime.isOpen()).isTrue();
    }
  }

  /** Who watches computes something meanwhile, which is of use only if all of it is exact. */
  @Test
  void whoWatchesHearsOfEachUse() {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      TensorFloat32.off();
      BooleanSupplier quiet = TensorFloat32.watch();
      BooleanSupplier disturbed = TensorFloat32.watch();
      assertThat(quiet.getAsBoolean()).isTrue();
      Runnable use = TensorFloat32.use();
      assertThat(disturbed.getAsBoolean()).isFalse();
      BooleanSupplier during = TensorFloat32.watch();
      use.run();
      assertThat(disturbed.getAsBoolean()).as("it was on meanwhile").isFalse();
      assertThat(during.getAsBoolean()).as("it was on at first").isFalse();
      assertThat(TensorFloat32.watch().getAsBoolean()).isTrue();
      assertThat(runtime.exactness().getAsBoolean()).as("the CPU has no TF32").isTrue();
    }
  }

  @Test
  void aSessionGivesItBackHoweverItIsClosed() {
    Model model = model();
    TensorFlowRuntime runtime = TensorFlowRuntime.open();
    TensorFloat32.off();
    ModelSession closed = runtime.open(model, Precision.TF32);
    ModelSession left = runtime.open(model, Precision.TF32);
    closed.close();
    closed.close();
    assertThat(TensorFloat32.isOn()).as("by the other one").isTrue();
    runtime.close();
    assertThat(TensorFloat32.isOn()).as("the process goes on without it").isFalse();
    left.close();
    assertThat(TensorFloat32.isOn()).isFalse();
  }

  private static Model model() {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.scalar());
    assertThat(editor.op("Neg").name("y").input(x).output().node()).isEqualTo("y");
    return Model.builder("test", editor.build(), new Provenance.Origin("test", "", "", "", 0))
        .build();
  }

  /** NVIDIA says what 0 does, and of nothing else that it has no effect. */
  @Test
  void theEnvironmentMayComeBeforeTheSwitch() {
    assertThat(TensorFloat32.overridden(Map.of())).isEmpty();
    assertThat(TensorFloat32.overridden(Map.of("NVIDIA_TF32_OVERRIDE", "0")))
        .as("by that it is off for good")
        .isEmpty();
    assertThat(TensorFloat32.overridden(Map.of("NVIDIA_TF32_OVERRIDE", "1")))
        .hasValue(
            "NVIDIA_TF32_OVERRIDE is 1 and comes before TensorFlow's switch, so NVIDIA's libraries"
                + " may multiply in TF32");
  }
}
