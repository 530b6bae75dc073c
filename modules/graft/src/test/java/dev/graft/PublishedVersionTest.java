package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is listed is whole, whatever others do meanwhile. */
class PublishedVersionTest {

  @TempDir private Path base;

  @Test
  void anEmptyFolderHasNone() throws IOException {
    assertThat(PublishedVersion.in(base)).isEmpty();
    Path file = Files.createFile(base.resolve("file"));
    assertThatThrownBy(() -> PublishedVersion.in(file))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("holds no version");
  }

  /** As one appears and goes: by a rename. */
  @Test
  void whatIsRemovedMeanwhileIsLeftOut() throws Exception {
    double megabytes = whole(base.resolve("1"));
    AtomicBoolean isOver = new AtomicBoolean();
    FutureTask<Integer> others = new FutureTask<>(() -> publishAndRemove(isOver));
    new Thread(others, "publishes-and-removes").start();
    try {
      for (int i = 0; i < 400; i++) {
        List<PublishedVersion> versions = PublishedVersion.in(base);
        assertThat(versions).extracting(PublishedVersion::megabytes).containsOnly(megabytes);
        assertThat(versions.get(0).number()).isEqualTo(1);
      }
    } finally {
      isOver.set(true);
      assertThat(others.get()).isPositive();
    }
  }

  private int publishAndRemove(AtomicBoolean isOver) throws IOException {
    int number = 1;
    Path hidden = base.resolve(".hidden");
    double unused = whole(hidden);
    while (!isOver.get()) {
      number++;
      Path version = base.resolve("" + number);
      Files.move(hidden, version);
      Files.move(version, hidden);
    }
    return number;
  }

  /** Makes a version of several files; what these take, in megabytes. */
  private static double whole(Path version) throws IOException {
    Files.createDirectories(version.resolve("variables"));
    Files.write(version.resolve("saved_model.pb"), new byte[1000]);
    for (int i = 0; i < 9; i++) {
      Files.write(version.resolve("variables").resolve("variables." + i), new byte[1000]);
    }
    return 0.01;
  }
}
