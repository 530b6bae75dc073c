package dev.graft.runtime.internal.natives;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Graph;
import dev.graft.runtime.OwnProcess;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.RuntimeOptions.Device;
import dev.graft.runtime.ShapeInference;
import dev.graft.runtime.TensorFlowRuntime;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever has TensorFlow loaded, in a process with natives for GPUs and a driver: CUDA is there
 * before, or it is said that it is not. The natives are there by name only, so that those for the
 * CPU are loaded; driver and CUDA are libraries that do nothing.
 */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class CudaFirstTest {

  @TempDir private Path folder;

  private String run(String what, Map<String, byte[]> libraries) throws Exception {
    new Forwarder(Driver.LIBRARY, List.of("libc.so.6")).in(folder);
    Path jar = StubCuda.jar(folder.resolve("cuda.jar"), libraries);
    List<String> command = new ArrayList<>(OwnProcess.running(CudaFirstTest.class, what).command());
    int classPath = command.indexOf("-cp") + 1;
    command.set(classPath, command.get(classPath) + File.pathSeparator + jar);
    command.addAll(
        1,
        List.of(
            "-Dgraft.cuda=jar",
            "-Djna.library.path=" + folder,
            "-Dgraft.cuda.folder=" + folder.resolve("cuda")));
    Path said = folder.resolve("said");
    Process child =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    assertThat(child.waitFor(2, TimeUnit.MINUTES)).isTrue();
    return Files.readString(said);
  }

  @Test
  void aGraphThatIsOnlyLookedAtHasCudaLoaded() throws Exception {
    assertThat(run("look", StubCuda.libraries(12))).contains("CUDA is there", "then JAR");
    assertThat(folder.resolve("cuda")).isDirectory();
  }

  @Test
  void aRuntimeForTheCpuHasItLoadedForOthers() throws Exception {
    assertThat(run("cpu", StubCuda.libraries(12))).contains("CUDA is there", "then JAR");
  }

  /** A runtime for the CPU does without; one for any device says why it has none. */
  @Test
  void whatFailsForTheCpuIsToldToWhoWantsACard() throws Exception {
    assertThat(run("cpu", StubCuda.large(1000)))
        .contains("CUDA is not there", "then TOO_LATE")
        .contains("WARNING: TensorFlow was loaded without CUDA in this process")
        .contains("libcudart.so.12 cannot be loaded", "start the process anew");
  }

  @Test
  void whoLoadsTensorFlowWithoutGraftIsTold() throws Exception {
    assertThat(run("foreign", StubCuda.libraries(12)))
        .contains("CUDA is not there", "then TOO_LATE", "open a Graft first");
  }

  /** The process. */
  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "look" -> ShapeInference.of(Graph.empty());
      case "cpu" -> TensorFlowRuntime.open(RuntimeOptions.defaults().device(Device.CPU)).close();
      default -> Class.forName("org.tensorflow.internal.c_api.global.tensorflow");
    }
    System.out.println("CUDA is " + (hasCuda() ? "there" : "not there"));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      System.out.println("then " + runtime.cuda().origin());
    }
  }

  private static boolean hasCuda() throws IOException {
    return Files.readString(Path.of("/proc/self/maps")).contains("libcudart.so.12");
  }
}
