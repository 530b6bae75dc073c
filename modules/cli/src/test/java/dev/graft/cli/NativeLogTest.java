package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A command that fails after TensorFlow has started still says why, where the user can see it. */
class NativeLogTest {

  @Test
  void aFailureWhileTensorFlowRunsReachesStandardError(@TempDir Path dir)
      throws IOException, InterruptedException {
    File said = dir.resolve("stderr").toFile();
    // a real SavedModel without serving_bytes: TensorFlow has loaded it when the command refuses it
    Process graft =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "predict",
                "--model",
                "../../testdata/zoo/keras2/dense_mlp/model",
                "../../testdata/photos/animals/cat.jpg")
            .redirectError(said)
            .redirectOutput(dir.resolve("stdout").toFile())
            .start();
    assertThat(graft.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(said.toPath(), StandardCharsets.UTF_8))
        .startsWith("error: ")
        .contains("serving_bytes")
        .doesNotContain("mlir");
    assertThat(graft.exitValue()).isEqualTo(2);
  }
}
