package dev.graft.internal.place;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.testkit.FaultyFileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder of what was made once keeps within its size, and is never seen half done. */
class ModelCacheTest {

  @TempDir private Path folder = Path.of("");

  @Test
  void whatWasNotAskedForLongestGoes() throws IOException {
    ModelCache small = new ModelCache(folder.resolve("small"), 250, Duration.ofHours(1));
    for (String key : List.of("a", "b", "c")) {
      Path made = small.folder(key, into -> Files.write(into.resolve("x"), new byte[100]));
      Files.setLastModifiedTime(
          made, FileTime.from(Instant.now().minus(Duration.ofHours(key.equals("b") ? 9 : 5))));
    }
    Path now = small.folder("d", into -> Files.write(into.resolve("x"), new byte[100]));
    assertThat(now).exists();
    assertThat(folder.resolve("small/b")).doesNotExist();
    ModelCache strict = new ModelCache(folder.resolve("small"), 0, Duration.ofHours(1));
    strict.folder("d", into -> Files.write(into.resolve("x"), new byte[100]));
    try (Stream<Path> left = Files.list(folder.resolve("small"))) {
      assertThat(left).containsExactly(now); // used within the hour
    }
  }

  /** Between the look whether it is there and the work, which others do as well. */
  @Test
  void whatAnotherProcessHasJustPutInPlaceStays() throws IOException {
    Path root = Files.createDirectories(folder.resolve("shared"));
    Files.writeString(Files.createDirectory(root.resolve("a")).resolve("x"), "half");
    ModelCache other = new ModelCache(root, 1L << 30, Duration.ofDays(1));
    boolean[] isDone = {false};
    FaultyFileSystem disk =
        new FaultyFileSystem(0, FaultyFileSystem.Fault.ONCE) {
          @Override
          public void createDirectory(Path dir, FileAttribute<?>... attributes) throws IOException {
            if (!isDone[0]) {
              isDone[0] = true;
              other.folder("a", into -> Files.writeString(into.resolve("x"), "the other's"));
            }
            super.createDirectory(dir, attributes);
          }
        };
    ModelCache mine = new ModelCache(disk.wrap(root), 1L << 30, Duration.ofDays(1));
    mine.folder("a", into -> Files.writeString(into.resolve("x"), "mine"));
    assertThat(isDone[0]).isTrue();
    assertThat(root.resolve("a/x")).hasContent("the other's");
    try (Stream<Path> left = Files.list(root)) {
      assertThat(left).hasSize(1);
    }
  }

  @Test
  void namesMayHoldWhatEndsALine() throws IOException {
    ModelCache cache = new ModelCache(folder.resolve("cache"), 1L << 30, Duration.ofDays(1));
    List<String> filled = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      cache.folder(
          "a",
          into -> {
            filled.add("once");
            Files.write(into.resolve("x\ry"), new byte[10]);
            Files.write(into.resolve("x\ny"), new byte[10]);
          });
    }
    assertThat(filled).hasSize(1);
  }

  /** A folder is taken away whole before it is deleted, so nobody finds half of it. */
  @Test
  void deletingIsNeverSeenHalfDone() throws IOException {
    Path root = Files.createDirectories(folder.resolve("small"));
    ModelCache small = new ModelCache(root, 0, Duration.ZERO);
    ModelCache.Filler filler = into -> Files.write(into.resolve("x"), new byte[10]);
    int operations = 0;
    for (int failing = 1; failing < 60; failing++) {
      ModelCache faulty =
          new ModelCache(
              new FaultyFileSystem(failing, FaultyFileSystem.Fault.FOR_GOOD).wrap(root),
              0,
              Duration.ZERO);
      try {
        faulty.folder("a", filler);
      } catch (IOException e) {
        operations++;
      }
      Path left = root.resolve("a");
      if (Files.exists(left)) {
        assertThat(left.resolve("x")).as("after operation %s", failing).exists();
      }
    }
    assertThat(operations).isGreaterThan(10);
    assertThat(small.folder("b", filler)).doesNotExist(); // there is room for nothing
  }
}
