package dev.graft.savedmodel.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeldFileTest {

  @TempDir private Path folder;

  /** Whether a process of its own can have the file. */
  private static boolean isFree(Path file) throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                HeldFileTest.class.getName(),
                file.toString())
            .inheritIO()
            .start();
    return child.waitFor() == 0;
  }

  /** The process: ends with 0 if it gets the file. */
  public static void main(String[] arguments) throws Exception {
    try (HeldFile held = HeldFile.of(Path.of(arguments[0])).orElse(null)) {
      System.exit(held == null ? 1 : 0);
    }
  }

  @Test
  void whoIsRefusedTakesNothingAwayFromTheHolder() throws Exception {
    Path file = folder.resolve("x.lock");
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder).resolve("x.lock");
    try (HeldFile held = HeldFile.of(file).orElseThrow()) {
      assertThat(held.isSure()).isTrue();
      assertThat(HeldFile.of(file)).isEmpty();
      assertThat(HeldFile.of(link)).as("under another name").isEmpty();
      assertThat(isFree(file)).isFalse();
    }
    assertThat(isFree(file)).isTrue();
    HeldFile.of(file).orElseThrow().close();
  }

  /** As two web applications have them, in one process. */
  @Test
  void anotherClassLoaderIsAnotherHolder() throws Exception {
    Path file = folder.resolve("x.lock");
    String[] parts = System.getProperty("java.class.path").split(File.pathSeparator, -1);
    URL[] urls = new URL[parts.length];
    for (int i = 0; i < parts.length; i++) {
      urls[i] = Path.of(parts[i]).toUri().toURL();
    }
    try (URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
        HeldFile held = HeldFile.of(file).orElseThrow()) {
      assertThat(held.isSure()).isTrue();
      Class<?> other = Class.forName(HeldFile.class.getName(), true, loader);
      assertThat(other).isNotEqualTo(HeldFile.class);
      Object answer = other.getMethod("of", Path.class).invoke(null, file);
      assertThat((Optional<?>) answer).isEmpty();
      assertThat(isFree(file)).isFalse();
    }
  }

  /** Whatever locked it, a library or an older Graft: its lock is left alone. */
  @Test
  void aLockThatNoPropertySpeaksOfCounts() throws Exception {
    Path file = folder.resolve("x.lock");
    try (FileChannel other =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertThat(other.tryLock()).isNotNull();
      assertThat(HeldFile.of(file)).isEmpty();
      System.gc();
      assertThat(isFree(file)).isFalse();
    }
  }

  @Test
  void aFileThatIsDeletedIsFree() throws Exception {
    Path file = folder.resolve("x.lock");
    HeldFile.of(file).orElseThrow().delete();
    assertThat(file).doesNotExist();
    try (HeldFile again = HeldFile.of(file).orElseThrow()) {
      assertThat(again.isSure()).isTrue();
    }
  }
}
