package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.testkit.ChildJava;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code graft doctor} says where CUDA is in the way: natives for GPUs by name, a driver that
 * does nothing, and a file where CUDA's folder would be.
 */
@Tag("slow")
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class DoctorTest {

  private static final List<String> CUDA =
      List.of(
          "libcudart.so.12",
          "libnvJitLink.so.12",
          "libcublasLt.so.12",
          "libcublas.so.12",
          "libcufft.so.11",
          "libcusparse.so.12",
          "libcusolver.so.11",
          "libnvrtc-builtins.so.12.6",
          "libnvrtc.so.12",
          "libcudnn_graph.so.9",
          "libcudnn_ops.so.9",
          "libcudnn_cnn.so.9",
          "libcudnn_adv.so.9",
          "libcudnn_heuristic.so.9",
          "libcudnn_engines_precompiled.so.9",
          "libcudnn_engines_runtime_compiled.so.9",
          "libcudnn.so.9");

  @TempDir private Path folder;

  private Path jar() throws IOException {
    Path jar = folder.resolve("cuda.jar");
    try (OutputStream bytes = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry(OpeningGraft.OF_GPUS));
      for (String name : CUDA) {
        zip.putNextEntry(new ZipEntry("org/bytedeco/cuda/linux-x86_64/" + name));
      }
    }
    return jar;
  }

  private void makeDriver() throws Exception {
    Path source = Files.writeString(folder.resolve("driver.c"), "int nothing;\n");
    Path compiler =
        Stream.of("/usr/bin/cc", "/usr/bin/gcc")
            .map(Path::of)
            .filter(Files::isExecutable)
            .findFirst()
            .orElse(source);
    assumeTrue(!compiler.equals(source), "there is no compiler");
    Path driver = folder.resolve("libcuda.so.1");
    List<String> command =
        List.of(compiler.toString(), "-shared", "-o", driver.toString(), source.toString());
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  private int doctor(Path said, String... more) throws Exception {
    List<String> options =
        List.of("-Dgraft.cuda=jar", "-Djna.library.path=" + folder, "-Duser.home=" + folder);
    ProcessBuilder builder = ChildJava.running(options, Main.class, "doctor");
    List<String> command = builder.command();
    int classPath = command.indexOf("-cp") + 1;
    command.set(classPath, command.get(classPath) + File.pathSeparator + jar());
    command.addAll(List.of(more));
    builder.environment().put("GRAFT_HOME", folder.toString());
    Process child = builder.redirectOutput(said.toFile()).start();
    assertThat(child.waitFor(2, TimeUnit.MINUTES)).isTrue();
    return child.exitValue();
  }

  @Test
  void whatIsKnownIsSaidWhereCudaCannotBeUnpacked() throws Exception {
    makeDriver();
    Files.createFile(folder.resolve("cuda"));
    Path said = folder.resolve("said");
    assertThat(doctor(said)).isEqualTo(Failures.FAILED);
    assertThat(Files.readString(said))
        .contains("java       ", "system     Linux")
        .contains("tensorflow cannot be used: CUDA cannot be unpacked to " + folder)
        .contains("to do      one of: ", "GRAFT_HOME");
    assertThat(doctor(said, "--json")).isEqualTo(Failures.FAILED);
    JsonNode json = new ObjectMapper().readTree(Files.readString(said));
    assertThat(json.get("failure").asText()).contains("CUDA cannot be unpacked");
    assertThat(json.get("cards").isArray()).isTrue();
    assertThat(json.get("advice").get(0).asText()).contains("GRAFT_HOME");
  }
}
