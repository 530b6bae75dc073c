package dev.graft.trainer.internal.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.error.BadDataException;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.SmallTraining;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadAheadTest {

  private static final String THREAD = "graft-read-ahead";

  @TempDir Path folder;

  private static Stream<Thread> readers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(THREAD));
  }

  @Test
  void givesWhatIsAskedForWhetherItWasAnnouncedOrNot() {
    Dataset data = SmallTraining.examples();
    Random random = new Random(5);
    try (ReadAhead batches = new ReadAhead(data)) {
      int[] now = {0, 1, 2};
      for (int i = 0; i < 50; i++) {
        int[] next = random.ints(3, 0, data.size()).toArray();
        Batch taken = batches.take(now, next);
        Batch wanted = data.batch(now);
        assertThat(taken.named().get("x").bytes()).isEqualTo(wanted.named().get("x").bytes());
        assertThat(taken.weights().bytes()).isEqualTo(wanted.weights().bytes());
        now = random.nextInt(4) == 0 ? random.ints(3, 0, data.size()).toArray() : next;
      }
    }
  }

  @Test
  void leavesNoThread() throws InterruptedException {
    ReadAhead batches = new ReadAhead(SmallTraining.examples());
    List<Thread> before = readers().toList();
    batches.take(new int[] {0}, new int[] {1});
    List<Thread> own = readers().filter(thread -> !before.contains(thread)).toList();
    assertThat(own).hasSize(1);
    batches.close();
    own.get(0).join(1000); // it says that it is done before it ends
    assertThat(own.get(0).isAlive()).isFalse();
    batches.close();
  }

  @Test
  void failsWhereTheBatchIsTakenAsIfItHadBeenReadThere() throws IOException {
    for (String label : List.of("animals", "fish")) {
      copyOne(label);
    }
    Dataset data = Dataset.imageFolder(folder);
    Files.delete(Path.of(data.name(1)));
    try (ReadAhead batches = new ReadAhead(data)) {
      int[] whole = {0};
      int[] lost = {1};
      assertThat(batches.take(whole, lost).encoded()).isNotNull();
      assertThatThrownBy(() -> batches.take(lost, whole))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining(data.name(1));
      assertThat(batches.take(whole, whole).encoded()).isNotNull();
    }
  }

  private void copyOne(String label) throws IOException {
    Path to = Files.createDirectories(folder.resolve(label));
    try (Stream<Path> photos = Files.list(Checkout.path("testdata/photos").resolve(label))) {
      Path photo = photos.sorted().findFirst().orElseThrow();
      Files.copy(photo, to.resolve("one.jpg"));
    }
  }
}
