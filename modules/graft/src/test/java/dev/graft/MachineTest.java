package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What is said of how TensorFlow was started. */
class MachineTest {

  private static String words(Settings settings, String device) {
    return machine(settings, device).inShort();
  }

  private static Machine machine(Settings settings, String device, String... extensions) {
    return new Machine(
        "17",
        "Linux",
        4,
        ImmutableList.copyOf(extensions),
        1,
        "2.18.0",
        ImmutableList.of(device),
        settings,
        0);
  }

  /** TF32 is off where there is a GPU, and that is said, since TensorFlow has it on. */
  @Test
  void whatItCanMultiplyInIsSaid() {
    try (Graft loaded = Graft.open(Device.CPU)) { // so that TensorFlow is there to be asked
      assertThat(loaded.machine().precisions()).startsWith("float32");
      assertThat(machine(Settings.defaults(), "/device:GPU:0").precisions())
          .startsWith("float32 (TF32 is off but for trainings that ask for it), tf32, ");
    }
    assertThat(machine(Settings.defaults(), "/device:CPU:0", "avx2").precisions())
        .isEqualTo("float32; this processor does not multiply in bfloat16");
    assertThat(machine(Settings.defaults(), "/device:CPU:0", "amx_bf16").precisions())
        .isEqualTo("float32, bfloat16");
  }

  @Test
  void whatWasSetIsSaid() {
    assertThat(words(Settings.defaults(), "/device:CPU:0"))
        .isEqualTo("TensorFlow 2.18.0 on the CPU, 4 threads, its log on standard error");
    assertThat(words(Settings.defaults().threads(1, 1), "/device:CPU:0"))
        .contains("on the CPU, 1 thread,");
    assertThat(words(Settings.defaults().threads(2, 0), "/device:CPU:0"))
        .contains("2 threads in each of 4 operations");
    assertThat(words(Settings.defaults().nativeLog(Path.of("tf.log")), "/device:GPU:0"))
        .contains("on the GPU (memory taken as needed)", "its log in tf.log");
    assertThat(words(Settings.defaults().memoryGrowth(false), "/device:GPU:0"))
        .contains("(memory taken all at once)");
  }

  /** TensorFlow makes its threads once, for whoever comes first in the process. */
  @Test
  void aLaterInstanceIsToldOfTheThreadsThatThereAre() {
    try (Graft first = Graft.open();
        Graft second = Graft.open(Settings.defaults().device(Device.CPU).threads(57, 58))) {
      assertThat(second.machine().threads()).isEqualTo(first.machine().threads());
      assertThat(second.machine().operations()).isEqualTo(first.machine().operations());
      assertThat(second.machine().settings().device()).isEqualTo(Device.CPU);
    }
  }
}
