package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.words.Note;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class XlaTrialTest {

  @Test
  void aStepIsCompiledOnTheCpu() {
    List<XlaTrial> heard = new ArrayList<>();
    List<XlaTrial> trials = XlaTrial.each(Settings.defaults().device(Device.CPU), heard::add);
    assertThat(trials).isEqualTo(heard).hasSize(1);
    XlaTrial cpu = trials.get(0);
    assertThat(cpu.advice()).isEmpty();
    assertThat(cpu.holds()).isTrue();
    assertThat(cpu.failure()).isEmpty();
    assertThat(cpu.device()).isEqualTo("CPU:0");
    assertThat(cpu.pieces()).isPositive();
    assertThat(cpu.seconds()).isPositive();
  }

  /** A device that is not there fails as one that is broken does: with TensorFlow's words. */
  @Test
  void whatIsInTheWayIsSaid() {
    try (TensorFlowRuntime runtime =
        TensorFlowRuntime.open(RuntimeOptions.defaults().device(RuntimeOptions.Device.CPU))) {
      XlaTrial trial =
          XlaTrial.of(
              runtime,
              "/job:elsewhere/replica:0/task:0/device:GPU:7",
              Map.of("XLA_FLAGS", "--xla_force_host_platform_device_count=8"));
      assertThat(trial.holds()).isFalse();
      assertThat(trial.device()).isEqualTo("GPU:7");
      assertThat(trial.pieces()).isZero();
      assertThat(trial.failure()).get().asString().contains("elsewhere");
      assertThat(trial.advice())
          .extracting(Note::sentence)
          .anyMatch(each -> each.startsWith("XLA fails"))
          .anyMatch(each -> each.startsWith("XLA_FLAGS is"));
    }
  }
}
