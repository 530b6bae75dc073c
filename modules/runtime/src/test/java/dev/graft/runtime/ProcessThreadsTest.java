package dev.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** In a process of its own, since a process has its threads for good. */
class ProcessThreadsTest {

  public static void main(String[] arguments) {
    try (TensorFlowRuntime first = open(1, 3);
        TensorFlowRuntime any = open(0, 0);
        TensorFlowRuntime same = open(1, 3)) {
      System.out.println(words(first) + words(any) + words(same) + "until here no warning");
      try (TensorFlowRuntime other = open(2, 3)) {
        System.out.println(words(other) + "the end");
      }
    }
  }

  private static TensorFlowRuntime open(int inside, int sideBySide) {
    return TensorFlowRuntime.open(RuntimeOptions.defaults().threads(inside, sideBySide));
  }

  private static String words(TensorFlowRuntime runtime) {
    return runtime.options().threads().inside()
        + ","
        + runtime.options().threads().sideBySide()
        + " ";
  }

  @Test
  void whoComesFirstDecidesAndOthersAreWarned() throws Exception {
    Process child = OwnProcess.running(ProcessThreadsTest.class).redirectErrorStream(true).start();
    String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).as(said).isZero();
    assertThat(said).contains("1,3 1,3 1,3 until here no warning", "1,3 the end");
    assertThat(said.substring(0, said.indexOf("until here"))).doesNotContain("were asked for");
    assertThat(said)
        .contains(
            "2 threads in each of 3 operations were asked for", "with 1 and 3", "first Graft");
  }
}
