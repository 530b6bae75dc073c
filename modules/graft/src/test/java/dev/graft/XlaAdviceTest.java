package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.XlaAdvice.Findings;
import dev.graft.words.Note;
import dev.graft.words.Remedy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each row of the table, by what TensorFlow says there. */
class XlaAdviceTest {

  private static final Findings GOOD =
      new Findings("GPU:0", Optional.empty(), 2, 2, 2.302, 2.3021, Map.of());

  private static Findings failing(String words) {
    return new Findings("GPU:0", Optional.of(words), 0, 0, 2.302, Double.NaN, Map.of());
  }

  private static Findings compiling(int wanted, int pieces, Map<String, String> environment) {
    return new Findings("CPU:0", Optional.empty(), wanted, pieces, 2.302, 2.302, environment);
  }

  private static Note only(Findings found) {
    List<Note> notes = XlaAdvice.of(found);
    assertThat(notes).hasSize(1);
    return notes.get(0);
  }

  @Test
  void whereItCompilesThereIsNothingToDo() {
    assertThat(XlaAdvice.of(GOOD)).isEmpty();
    assertThat(XlaAdvice.of(compiling(2, 2, Map.of("XLA_FLAGS", "--xla_dump_to=/tmp/x"))))
        .as("flags that are in nobody's way")
        .isEmpty();
  }

  @Test
  void withoutLibdevice() {
    Note note =
        only(
            failing(
                "the graph failed to run: TensorFlow says INTERNAL: libdevice not found at"
                    + " ./libdevice.10.bc\n\t [[{{node cluster_0_1/xla_compile}}]]"));
    assertThat(note.sentence())
        .contains("no libdevice.10.bc", "cuda-nvcc", "XLA_FLAGS name CUDA's folder");
    assertThat(note.remedies())
        .containsExactly(Remedy.XLA_CUDA_FOLDER, Remedy.WITHOUT_XLA)
        .extracting(Remedy::inJava)
        .first()
        .isEqualTo("xla_gpu_cuda_data_dir in XLA_FLAGS");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TensorFlow says NOT_FOUND: ./bin/ptxas not found",
        "TensorFlow says UNAVAILABLE: No PTX compilation provider is available. Neither"
            + " ptxas/nvlink nor nvjtlink is available."
      })
  void withoutPtxas(String words) {
    Note note = only(failing(words));
    assertThat(note.sentence()).contains("no ptxas", "cuda-nvcc", "PATH", "XLA_FLAGS allows that");
    assertThat(note.remedies()).containsExactly(Remedy.XLA_PTXAS_OF_DRIVER, Remedy.WITHOUT_XLA);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ptxas fatal   : Value 'sm_100' is not defined for option 'gpu-name'",
        "ptxas /tmp/a.ptx, line 9; fatal   : Unsupported .version 8.5; current version is '8.0'",
        "TensorFlow says UNIMPLEMENTED: /usr/bin/ptxas ptxas too old"
      })
  void aPtxasThatIsOlderThanTheCard(String words) {
    assertThat(only(failing(words)).sentence()).contains("older than the card", "12.6");
  }

  @Test
  void withoutRoom() {
    assertThat(only(failing("the graph failed to run: TensorFlow has no room: OOM")).sentence())
        .contains("no memory on GPU:0", "nvidia-smi");
  }

  @Test
  void whateverElseFails() {
    assertThat(only(failing("TensorFlow says INTERNAL: it broke")).sentence())
        .contains("TensorFlow's own log", "do without it")
        .doesNotContain("ptxas");
  }

  @Test
  void flagsThatMayBeTheReason() {
    Findings found =
        new Findings(
            "CPU:0",
            Optional.of("TensorFlow says INTERNAL: it broke"),
            0,
            0,
            1,
            Double.NaN,
            Map.of("XLA_FLAGS", "--xla_cpu_enable_fast_math=true"));
    assertThat(XlaAdvice.of(found))
        .extracting(Note::sentence)
        .anyMatch(
            each -> each.equals("XLA_FLAGS is '--xla_cpu_enable_fast_math=true': try without"))
        .hasSize(2);
  }

  @Test
  void nothingIsCompiled() {
    String flags = "--tf_xla_min_cluster_size=1000";
    assertThat(only(compiling(0, 0, Map.of("TF_XLA_FLAGS", flags))).sentence())
        .contains("nothing of a step is compiled", flags, "unset it");
    assertThat(only(compiling(0, 0, Map.of())).sentence())
        .contains("nothing of a step is compiled on CPU:0", "own log");
    assertThat(only(compiling(2, 0, Map.of())).sentence()).contains("or it gave up");
  }

  @Test
  void someOfItIsGivenUp() {
    assertThat(only(compiling(3, 2, Map.of())).sentence()).contains("1 of the 3 pieces");
  }

  @ParameterizedTest
  @ValueSource(doubles = {2.31, Double.NaN})
  void anotherLoss(double loss) {
    Findings found = new Findings("GPU:0", Optional.empty(), 2, 2, 2.302, loss, Map.of());
    assertThat(only(found).sentence()).contains("by TensorFlow's kernels", "2.302", "without XLA");
  }
}
