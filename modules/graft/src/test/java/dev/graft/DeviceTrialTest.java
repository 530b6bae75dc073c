package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceTrialTest {

  @Test
  void theCpuLearns() {
    List<DeviceTrial> trials =
        DeviceTrial.each(Settings.defaults().device(Device.CPU), Duration.ofMillis(300));
    assertThat(trials).hasSize(1);
    DeviceTrial cpu = trials.get(0);
    assertThat(cpu.failure()).isEmpty();
    assertThat(cpu.device()).isEqualTo("CPU:0");
    assertThat(cpu.steps()).isGreaterThanOrEqualTo(10);
    assertThat(cpu.seconds()).isGreaterThan(0.3);
    assertThat(cpu.after()).isLessThan(cpu.before());
    assertThat(cpu.holds()).isTrue();
  }
}
