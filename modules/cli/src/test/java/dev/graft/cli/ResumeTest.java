package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that ended between publishing and their report, in processes of their own. */
@Tag("slow")
class ResumeTest {

  private static final String REPORT = "runs/photos-1/report.html";

  @TempDir private Path dir;

  /** What it printed, its exit code after it. */
  private String graft(String... args) throws IOException, InterruptedException {
    Path log = dir.resolve("log");
    Process child = CommandProcess.start(dir, log, args);
    assertThat(child.waitFor(3, TimeUnit.MINUTES)).isTrue();
    return Files.readString(log) + child.exitValue();
  }

  @Test
  void whatIsPublishedIsScoredAndNotPublishedAgain() throws Exception {
    String whole =
        graft(
            "finetune",
            "--model",
            CommandProcess.checkout("testdata/surgery/efficientnet/model"),
            "--data",
            CommandProcess.checkout("testdata/photos"),
            "--out",
            "serving",
            "--recipe",
            "head");
    assertThat(whole).contains("held-out accuracy: ").endsWith("0");
    Files.delete(dir.resolve(REPORT));
    String rest = graft("resume", "runs/photos-1");
    assertThat(rest)
        .contains(whole.substring(whole.indexOf("held-out accuracy: ")))
        .contains("serving/1, before the run was stopped");
    assertThat(dir.resolve(REPORT)).exists();
    assertThat(dir.resolve("serving/2")).doesNotExist();
    assertThat(graft("resume", "runs/photos-1")).contains("is finished").endsWith("2");
  }
}
