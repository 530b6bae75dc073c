package dev.graft.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.testkit.ChildJava;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Warm-up requests of large pictures, in a process of its own. */
@Tag("slow")
class LargeWarmUpTest {

  @TempDir private Path folder;

  /**
   * Six sizes of up to 120 MB of pixels each for two signatures, in a process with room for two.
   */
  @Test
  void manyLargeRequestsTakeTheRoomOfOne() throws IOException, InterruptedException {
    String base = folder.resolve("base").toString();
    Path said = folder.resolve("said.txt");
    Process process =
        ChildJava.running(List.of("-Xmx320m"), Publisher.class, base)
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(said)).isZero();
    assertThat(folder.resolve("base/1/assets.extra").resolve(WarmUp.FILE)).isRegularFile();
  }

  /** Publishes a model of pictures of 224 pixels. */
  static final class Publisher {
    public static void main(String[] arguments) {
      Model model = TableModel.ofPixels(224);
      try (TensorFlowRuntime own = TensorFlowRuntime.open()) {
        Version version =
            Exporter.publish(
                own,
                model,
                Path.of(arguments[0]),
                Proof.features(),
                Proof.batches(1000, Set.of(64, 100, 128, 150, 180, 200)));
        if (version.report().warmUps() < 14 || !version.report().remarks().isEmpty()) {
          throw new AssertionError(version.report());
        }
      }
    }
  }
}
