package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A process that is told to end in the middle of training keeps where it was, and says so. */
@DisabledOnOs(OS.WINDOWS) // has no polite kill
@Tag("slow")
class InterruptTest {

  @TempDir private Path dir;

  /** By SIGTERM, which ends a JVM by the same road as Ctrl-C does: a shell may hold SIGINT back. */
  @Test
  void trainingKeepsWhereItWasAndSaysHowToGoOn() throws Exception {
    Path log = dir.resolve("log");
    Process child =
        CommandProcess.start(
            dir,
            log,
            "finetune",
            "--model",
            CommandProcess.checkout("models/efficientnet-lite0"),
            "--data",
            CommandProcess.checkout("testdata/photos"),
            "--out",
            "serving");
    long limit = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (child.isAlive()
        && System.nanoTime() < limit
        && !Files.readString(log).contains("head alone")) {
      Thread.sleep(50);
    }
    child.destroy();
    assertThat(child.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(Files.readString(log))
        .contains("head alone", "stopped", "'graft resume runs/photos-1' goes on from here")
        .doesNotContain("\tat ");
    assertThat(dir.resolve("runs/photos-1/checkpoints/1/training.index")).exists();
    assertThat(dir.resolve("serving/1")).doesNotExist();
  }
}
