package dev.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.runtime.Compute.Kernels;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.RuntimeOptions.Device;
import dev.graft.runtime.RuntimeOptions.Xla;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** What is measured, and what is said of precisions on a GPU, for which none has to be there. */
class StepTrialTest {

  @Test
  void float32IsToldApartFromTf32() {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      assertThat(runtime.isOpen()).isTrue();
      assertThat(StepTrial.onGpu(Precision.FLOAT32)).startsWith("float32: TF32 is off, so that");
      assertThat(StepTrial.onGpu(Precision.TF32)).startsWith("tf32: as TensorFlow has it");
      assertThat(StepTrial.onGpu(Precision.BFLOAT16)).as("the step says itself").isEmpty();
    }
  }

  private static Model model(String name) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, name);
    TensorRef y = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 4));
    for (int i = 0; i < 3; i++) { // TensorFlow compiles no piece of less than four ops
      y =
          g.add(
              "Tanh",
              g.add("MatMul", y, g.constant(TensorValue.of(Shape.of(4, 4), new float[16]))));
    }
    editor.op("Identity").name("y").input(y).output();
    return Model.builder(name, editor.build(), new Provenance.Origin("test", "", "", "", 0))
        .build();
  }

  /** Compiled where that is asked for: what is measured otherwise is no measure of these. */
  @Test
  void stepsAreMeasuredAsTheyWillRun(@TempDir Path folder) {
    for (Xla xla : List.of(Xla.ON, Xla.OFF)) {
      RuntimeOptions options =
          RuntimeOptions.defaults().device(Device.CPU).cuda(folder.resolve("cuda")).xla(xla);
      List<Integer> pieces = new ArrayList<>();
      try (TensorFlowRuntime runtime = TensorFlowRuntime.open(options)) {
        StepTrial found =
            StepTrial.of(
                runtime,
                Precision.AUTO,
                Optional.empty(),
                Map.of(Kernels.PRODUCTS, model("a"), Kernels.TENSORFLOW, model("b")),
                session -> {
                  PreparedRun run =
                      session
                          .graph()
                          .prepare(
                              List.of(TensorRef.of("x")), List.of(TensorRef.of("y")), List.of());
                  List<TensorValue> x = List.of(TensorValue.of(Shape.of(2, 4), new float[8]));
                  pieces.add(run.pieces(x).compiled());
                  return () -> run.run(x);
                });
        assertThat(found.reason()).contains("ms a step");
      }
      assertThat(pieces).as("%s", xla).isNotEmpty().containsOnly(xla == Xla.ON ? 1 : 0);
    }
  }
}
