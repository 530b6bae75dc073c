package dev.graft.runtime.internal.natives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Folders under a umask that lets the group write; a process has one, so others are started. */
@EnabledOnOs(OS.LINUX)
class OwnedTest {

  private static final int FOLDERS = 100;

  @TempDir private Path dir;

  private Process process() throws IOException {
    return new ProcessBuilder(
            "sh",
            "-c",
            "umask 002; exec \"$@\"",
            "sh",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            OwnedTest.class.getName(),
            dir.toString())
        .redirectErrorStream(true)
        .start();
  }

  @Test
  void manyMakeTheSameFolderAtOnceWhereTheGroupMayWrite() throws Exception {
    for (Process child : List.of(process(), process())) {
      String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(child.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(child.exitValue()).as(said).isZero();
    }
    assertThat(rights(dir.resolve("0"))).as("the umask is that").isEqualTo("rwxrwxr-x");
    assertThat(rights(dir.resolve("0/own"))).isEqualTo("rwxr-xr-x");
  }

  private static String rights(Path folder) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder));
  }

  /** The process: makes folders, each of them by four threads at once. */
  public static void main(String[] arguments) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (int i = 0; i < FOLDERS; i++) {
        Path folder = Path.of(arguments[0], String.valueOf(i), "own");
        Callable<Boolean> making =
            () -> {
              Owned.makeFolder(folder);
              return true;
            };
        for (Future<Boolean> made : threads.invokeAll(Collections.nCopies(4, making))) {
          made.get();
        }
      }
    } finally {
      threads.shutdown();
    }
  }
}
