package dev.graft.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.RuntimeOptions.Device;
import dev.graft.runtime.RuntimeOptions.Precision;
import dev.graft.runtime.TensorFlowRuntime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A training whose precision is left open measures, says what it takes, and learns as others do.
 */
class PrecisionTest {

  private static double loss(Precision precision, List<String> decisions) {
    RuntimeOptions options =
        RuntimeOptions.defaults().withDevice(Device.CPU).withPrecision(precision);
    Callback listening =
        new Callback() {
          @Override
          public void onDecision(String sentence) {
            decisions.add(sentence);
          }
        };
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(options)) {
      Recipe recipe = SmallTraining.recipe(1);
      return Trainer.fit(
              runtime,
              SmallTraining.MODEL,
              SmallTraining.BLOCKS,
              SmallTraining.parts(),
              recipe,
              listening)
          .validation()
          .loss();
    }
  }

  @Test
  void autoSaysWhatItTakesAndTheTrialLeavesNothingBehind() {
    List<String> automatic = new ArrayList<>();
    List<String> exact = new ArrayList<>();
    double chosen = loss(Precision.AUTO, automatic);
    double wanted = loss(Precision.FLOAT32, exact);
    assertThat(automatic).anyMatch(sentence -> sentence.matches("(float32|bfloat16): .+"));
    assertThat(exact).noneMatch(sentence -> sentence.matches("(float32|bfloat16): .+"));
    boolean inFloat = automatic.stream().anyMatch(sentence -> sentence.startsWith("float32: "));
    double tolerance = inFloat ? 1e-3 : 5e-2;
    assertThat(Math.abs(chosen - wanted)).isLessThan(tolerance * wanted);
  }
}
