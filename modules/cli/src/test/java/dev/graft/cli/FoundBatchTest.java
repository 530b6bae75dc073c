package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --batch auto}, from the command to what the run keeps of it. */
@Tag("slow")
class FoundBatchTest {

  @TempDir private Path dir;

  @Test
  void aRunSaysWhichBatchItFound() throws IOException, InterruptedException {
    Path log = dir.resolve("log");
    Process child =
        CommandProcess.start(
            dir,
            log,
            "finetune",
            "--model",
            CommandProcess.checkout("testdata/zoo/keras2/mobilenetv2_mini/model"),
            "--data",
            CommandProcess.checkout("testdata/photos"),
            "--input-range",
            "0..255",
            "--recipe",
            "full",
            "--epochs",
            "1",
            "--batch",
            "auto",
            "--out",
            "out");
    assertThat(child.waitFor(3, TimeUnit.MINUTES)).isTrue();
    String said = Files.readString(log);
    assertThat(child.exitValue()).as(said).isZero();
    assertThat(said)
        .containsPattern("16 examples in a step: with more an epoch of .+ has fewer than 16 steps");
    assertThat(Files.readString(dir.resolve("runs/photos-1/run.json")))
        .containsPattern("\"batchUpTo\"\\s*:\\s*256");
  }
}
