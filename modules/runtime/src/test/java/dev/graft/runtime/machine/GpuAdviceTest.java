package dev.graft.runtime.machine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import dev.graft.runtime.internal.natives.Cuda;
import dev.graft.runtime.internal.natives.Cuda.Origin;
import dev.graft.runtime.machine.GpuAdvice.Findings;
import dev.graft.runtime.machine.Nvidia.Card;
import dev.graft.words.Note;
import dev.graft.words.Remedy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each row of the table, by what NVML answers there. */
class GpuAdviceTest {

  private static final long GB = 1L << 30;
  private static final Card H100 = new Card("NVIDIA H100 80GB HBM3", 9, 0, 80 * GB, 79 * GB);
  private static final Recorded GOOD = Recorded.of("550.54.15", 12_040, H100);

  private static final Cuda JAR =
      new Cuda(Origin.JAR, 12, "CUDA of a jar", ImmutableList.of(Path.of("libcudart.so.12")));

  private static Cuda none(Origin origin) {
    return new Cuda(origin, 0, "no CUDA that fits was found", ImmutableList.of());
  }

  private static List<Note> advice(Nvml answers, Cuda cuda, boolean seen) {
    return GpuAdvice.of(new Findings(cuda, Nvidia.ask(() -> answers), seen, false, Map.of()));
  }

  private static String only(List<Note> notes) {
    assertThat(notes).hasSize(1);
    return notes.get(0).sentence();
  }

  @Test
  void driverAndCardsAreAsked() {
    Card small = new Card("Tesla T4", 7, 5, 16 * GB, 15 * GB);
    Nvidia two = Nvidia.ask(() -> Recorded.of("550.54.15", 12_040, H100, small));
    assertThat(two)
        .isEqualTo(new Nvidia("550.54.15", 12_040, ImmutableList.of(H100, small), 0, ""));
    assertThat(small.capability()).isEqualTo("7.5");
    assertThat(two.newestCuda()).isEqualTo("12.4");
  }

  @Test
  void whereAllIsWellThereIsNothingToDo() {
    assertThat(advice(GOOD, JAR, true)).isEmpty();
    Nvidia none =
        Nvidia.ask(
            () -> {
              throw new UnsatisfiedLinkError("libnvidia-ml.so.1");
            });
    assertThat(none).isEqualTo(Nvidia.NONE);
    assertThat(GpuAdvice.of(new Findings(none(Origin.NOT_NEEDED), none, false, false, Map.of())))
        .as("a machine without a card, natives for the CPU")
        .isEmpty();
  }

  @Test
  void aCardWithNativesForTheCpu() {
    List<Note> notes = advice(GOOD, none(Origin.NOT_NEEDED), false);
    assertThat(only(notes)).contains("graft-platform-gpu");
    assertThat(notes.get(0).remedies()).containsExactly(Remedy.GPU_NATIVES);
  }

  @Test
  void nativesForGpusWithoutADriver() {
    Findings found = new Findings(none(Origin.NO_DRIVER), Nvidia.NONE, false, false, Map.of());
    assertThat(only(GpuAdvice.of(found))).contains("install its driver", "Container Toolkit");
  }

  @Test
  void aKernelModuleThatIsNotLoaded() {
    assertThat(only(advice(Recorded.failing("init", 9), none(Origin.NO_DRIVER), false)))
        .contains("modprobe nvidia");
  }

  @Test
  void aDriverThatWasUpdated() {
    assertThat(only(advice(Recorded.failing("init", 18), JAR, false))).contains("restart");
  }

  @Test
  void cardsThatOthersMayUse() {
    assertThat(only(advice(Recorded.failing("count", 4), JAR, false))).contains("/dev/nvidia*");
  }

  @Test
  void whateverElseFails() {
    Nvidia lost = Nvidia.ask(() -> new Recorded("550", 12_040, List.of(H100), "card0", 15));
    assertThat(lost.cards()).isEmpty();
    assertThat(lost.problem()).isEqualTo("error 15");
    assertThat(only(GpuAdvice.of(new Findings(JAR, lost, false, false, Map.of()))))
        .contains("error 15", "nvidia-smi");
  }

  @Test
  void oneCardThatIsLostHidesNoOther() {
    Card small = new Card("Tesla T4", 7, 5, 16 * GB, 15 * GB);
    Nvidia one = Nvidia.ask(() -> new Recorded("550", 12_040, List.of(H100, small), "card0", 15));
    assertThat(one).isEqualTo(new Nvidia("550", 12_040, ImmutableList.of(small), 0, ""));
  }

  /** As one that is divided for several users may not. */
  @Test
  void aCardNeedNotTellItsMemory() {
    Nvidia here = Nvidia.ask(() -> new Recorded("550", 12_040, List.of(H100), "memory0", 4));
    assertThat(here.error()).isZero();
    assertThat(here.cards()).containsExactly(new Card(H100.name(), 9, 0, 0, 0));
    assertThat(GpuAdvice.of(new Findings(JAR, here, true, false, Map.of()))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"init", "cuda", "count", "card0", "memory0"})
  void aDriverThatLacksAFunctionIsTooOld(String function) {
    Recorded old = new Recorded("384.81", 9_000, List.of(H100), function, -1);
    assertThat(only(advice(old, JAR, false))).contains("too old", function, "525.60.13");
    assertThat(advice(old, none(Origin.NOT_NEEDED), false)).isEmpty();
  }

  @Test
  void tensorFlowThatWasLoadedBeforeCuda() {
    Cuda late = new Cuda(Origin.TOO_LATE, 0, "start the process anew", ImmutableList.of());
    assertThat(only(advice(GOOD, late, false))).contains("start the process anew");
    assertThat(advice(GOOD, late, true)).as("it found a CUDA by itself").isEmpty();
  }

  @Test
  void withNativesForTheCpuNoDriverIsMissed() {
    Cuda cpu = none(Origin.NOT_NEEDED);
    for (int error : new int[] {4, 9, 15, 18}) {
      assertThat(advice(Recorded.failing("init", error), cpu, false)).isEmpty();
    }
    assertThat(advice(Recorded.of("470.82", 11_040), cpu, false)).isEmpty();
    assertThat(advice(GOOD, Cuda.NOT_ON_THIS_SYSTEM, false)).as("no natives to take").isEmpty();
  }

  @Test
  void aDriverOfCuda11() {
    assertThat(only(advice(Recorded.of("470.82", 11_040, H100), JAR, false)))
        .contains("470.82 is for CUDA 11.4 at most", "525.60.13");
  }

  @Test
  void anInstalledCuda13WithADriverOfCuda12() {
    Cuda newer =
        new Cuda(
            Origin.SYSTEM,
            13,
            "CUDA 13 with cuDNN 9.14 of this machine",
            ImmutableList.of(Path.of("libcublas.so.13")));
    Note first = advice(GOOD, newer, false).get(0);
    assertThat(first.sentence()).contains("580 or newer", "from the class path");
    assertThat(first.remedies()).containsExactly(Remedy.CUDA_OF_CLASS_PATH);
    assertThat(advice(Recorded.of("580.65", 13_000, H100), newer, true)).isEmpty();
  }

  @Test
  void aDriverWithoutCuda() {
    assertThat(only(advice(GOOD, none(Origin.NOT_FOUND), false)))
        .isEqualTo("no CUDA that fits was found");
  }

  @Test
  void cardsThatThisTensorFlowIsNotFor() {
    Card kepler = new Card("Tesla K80", 3, 7, 12 * GB, 12 * GB);
    Card blackwell = new Card("NVIDIA B200", 10, 0, 180 * GB, 180 * GB);
    assertThat(only(advice(Recorded.of("525.60.13", 12_000, kepler), JAR, true)))
        .contains("Tesla K80 has the compute capability 3.7", "6.0");
    assertThat(only(advice(Recorded.of("570.86", 12_080, blackwell), JAR, true)))
        .contains("NVIDIA B200 is newer", "CUDA_CACHE_MAXSIZE");
  }

  @Test
  void aCardThatIsFull() {
    Card busy = new Card("Tesla T4", 7, 5, 16 * GB, 2 * GB);
    assertThat(only(advice(Recorded.of("550.54.15", 12_040, busy), JAR, true)))
        .contains("of the 16.0 GB of Tesla T4 only 2.0 are free");
  }

  /** After a training, or with memory that is taken all at once: TensorFlow keeps what it took. */
  @Test
  void aCardThatThisProcessHoldsIsNotBlamedOnOthers() {
    Card busy = new Card("Tesla T4", 7, 5, 16 * GB, 2 * GB);
    Nvidia here = Nvidia.ask(() -> Recorded.of("550.54.15", 12_040, busy));
    assertThat(GpuAdvice.of(new Findings(JAR, here, true, true, Map.of()))).isEmpty();
  }

  @Test
  void cardsThatTheEnvironmentHides() {
    Findings found =
        new Findings(
            JAR, Nvidia.ask(() -> GOOD), false, false, Map.of("CUDA_VISIBLE_DEVICES", "-1"));
    assertThat(only(GpuAdvice.of(found))).contains("CUDA_VISIBLE_DEVICES is '-1'; unset it");
    Findings empty =
        new Findings(JAR, Nvidia.ask(() -> GOOD), false, false, Map.of("CUDA_VISIBLE_DEVICES", ""));
    assertThat(only(GpuAdvice.of(empty))).contains("CUDA_VISIBLE_DEVICES is ''; unset it");
  }

  @Test
  void theEnvironmentDecidesAboutTf32() {
    Nvidia here = Nvidia.ask(() -> GOOD);
    Findings never = new Findings(JAR, here, true, false, Map.of("NVIDIA_TF32_OVERRIDE", "0"));
    assertThat(only(GpuAdvice.of(never)))
        .contains("NVIDIA_TF32_OVERRIDE is '0'", "never multiply in TF32", "unset it");
    Findings other = new Findings(JAR, here, true, false, Map.of("NVIDIA_TF32_OVERRIDE", "1"));
    assertThat(only(GpuAdvice.of(other)))
        .contains("NVIDIA_TF32_OVERRIDE is '1'", "may multiply in TF32", "unset it");
    Findings onCpu =
        new Findings(
            none(Origin.NO_DRIVER), Nvidia.NONE, false, false, Map.of("NVIDIA_TF32_OVERRIDE", "0"));
    assertThat(only(GpuAdvice.of(onCpu))).as("no card multiplies").doesNotContain("TF32");
  }

  @Test
  void whatTensorFlowDoesNotTake() {
    Findings slurm =
        new Findings(
            JAR, Nvidia.ask(() -> GOOD), false, false, Map.of("CUDA_VISIBLE_DEVICES", "0"));
    assertThat(only(GpuAdvice.of(slurm))).contains("its own log says why");
    assertThat(only(advice(GOOD, JAR, false))).contains("its own log says why");
  }
}
