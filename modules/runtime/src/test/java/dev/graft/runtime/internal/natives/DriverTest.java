package dev.graft.runtime.internal.natives;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.runtime.CompiledLibrary;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of a driver, by answers such as drivers give; a card is not needed for that. */
class DriverTest {

  private static final Path NO_FILE = Path.of("/there/is/none");

  @TempDir private Path dir;

  /** Cards by name and capability, and the error that everything but the version ends with. */
  private record Answers(int version, int error, List<String> cards) implements Driver.Calls {

    @Override
    public int cuDriverGetVersion(int[] out) {
      out[0] = version;
      return version == 0 ? 999 : 0;
    }

    @Override
    public int cuInit(int flags) {
      return error;
    }

    @Override
    public int cuDeviceGetCount(int[] count) {
      count[0] = cards.size();
      return error;
    }

    @Override
    public int cuDeviceGet(int[] card, int index) {
      card[0] = index;
      return error;
    }

    @Override
    public int cuDeviceGetName(byte[] name, int length, int card) {
      String all = cards.get(card);
      byte[] bytes = all.substring(0, all.indexOf('/')).getBytes(StandardCharsets.UTF_8);
      System.arraycopy(bytes, 0, name, 0, bytes.length);
      return error;
    }

    @Override
    public int cuDeviceGetAttribute(int[] value, int attribute, int card) {
      String all = cards.get(card);
      value[0] = Character.digit(all.charAt(all.length() - (attribute == MAJOR ? 3 : 1)), 10);
      return error;
    }
  }

  private static String words(int version, int error, String... cards) {
    return Driver.words(() -> new Answers(version, error, List.of(cards)), NO_FILE);
  }

  @Test
  void theNewestCudaIsTheDriversOwnAnswer() {
    assertThat(Driver.newestCuda(() -> new Answers(12_040, 100, List.of()))).isEqualTo(12_040);
    assertThat(Driver.newestCuda(() -> new Answers(0, 100, List.of()))).isEqualTo(Driver.UNKNOWN);
    assertThat(
            Driver.newestCuda(
                () -> {
                  throw new UnsatisfiedLinkError("libcuda.so.1: cannot open shared object file");
                }))
        .isEqualTo(Driver.NONE);
    assertThat(
            Driver.newestCuda(
                () -> {
                  throw new NoClassDefFoundError("com/sun/jna/Native");
                }))
        .as("nobody can say")
        .isEqualTo(Driver.UNKNOWN);
  }

  @Test
  void cardsAreToldByNameAndCapability() throws Exception {
    assertThat(words(12_040, 0, "NVIDIA H100 80GB HBM3/9.0", "Tesla T4/7.5"))
        .isEqualTo("driver for CUDA 12040, NVIDIA H100 80GB HBM3 9.0, Tesla T4 7.5");
    assertThat(words(12_040, 100)).as("no card may be seen").isEqualTo("driver for CUDA 12040");
    Path version = Files.writeString(dir.resolve("version"), "550.54.15\n");
    assertThat(Driver.words(() -> new Answers(12_040, 0, List.of()), version))
        .isEqualTo("driver 550.54.15 for CUDA 12040");
  }

  /** By the names and types of cuda.h. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void theDriverIsAskedThroughTheRealBinding() throws Exception {
    CompiledLibrary.compile(
        dir,
        Driver.LIBRARY,
        """
        #include <string.h>
        static int begun = 0;
        int cuDriverGetVersion(int *version) { *version = 12040; return 0; }
        int cuInit(unsigned int flags) { begun = flags == 0; return 0; }
        int cuDeviceGetCount(int *count) { *count = 1; return begun ? 0 : 3; }
        int cuDeviceGet(int *card, int index) { *card = 7 + index; return 0; }
        int cuDeviceGetName(char *name, int length, int card) {
          strncpy(name, card == 7 ? "NVIDIA H100" : "?", length); return 0; }
        int cuDeviceGetAttribute(int *value, int attribute, int card) {
          *value = attribute == 75 ? 9 : attribute == 76 ? 0 : -1; return card == 7 ? 0 : 101; }
        """);
    assertThat(CompiledLibrary.said(dir, DriverTest.class))
        .isEqualTo("12040: driver for CUDA 12040, NVIDIA H100 9.0");
  }

  /** The process. */
  public static void main(String[] arguments) {
    System.out.print(Driver.newestCuda() + ": " + Driver.words(Driver.Calls::load, NO_FILE));
  }

  @Test
  void whatWasCompiledForAnotherCardOrDriverLiesElsewhere() {
    Path root = Path.of("cuda");
    assertThat(
            Stream.of(
                    "",
                    words(12_040, 0, "NVIDIA H100/9.0"),
                    words(12_080, 0, "NVIDIA H100/9.0"),
                    words(12_040, 0, "NVIDIA A100/8.0"),
                    words(12_040, 0, "NVIDIA A100/8.0", "NVIDIA H100/9.0"))
                .map(words -> XlaSwitches.folder(root, "2.18.0", "2.18.0 [avx2] " + words)))
        .doesNotHaveDuplicates()
        .allMatch(folder -> folder.startsWith(root.resolve("xla")));
    assertThat(XlaSwitches.folder(root, "2.18.0", Set.of("avx2"), Cuda.NOT_ASKED_FOR))
        .as("without a card nothing of one counts")
        .isEqualTo(XlaSwitches.folder(root, "2.18.0", "2.18.0 [avx2]"));
  }
}
