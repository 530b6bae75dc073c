package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.file.Reading;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever waits for files hears how many are read, on the thread that waits. */
class ReadingTest {

  private final List<String> told = new ArrayList<>();
  private final Set<Thread> threads = new HashSet<>();

  private void tell(long done, long total) {
    told.add(done + " of " + total);
    threads.add(Thread.currentThread());
  }

  @Test
  void eachIsToldInOrderByTheThreadThatAsked() {
    List<Integer> numbers = IntStream.range(0, 450).boxed().toList();
    List<Integer> twice =
        Reading.heardBy(this::tell, () -> Reading.each(numbers, number -> 2 * number));
    assertThat(twice).isEqualTo(numbers.stream().map(number -> 2 * number).toList());
    assertThat(told).containsExactly("0 of 450", "200 of 450", "400 of 450", "450 of 450");
    assertThat(threads).containsExactly(Thread.currentThread());
    assertThat(Reading.each(List.of(), number -> number)).isEmpty();
    assertThat(told).as("nobody listens any more").hasSize(4);
  }

  /** All labels together, and once more those of one size when they are divided. */
  @Test
  void aFolderIsToldOf(@TempDir Path root) throws Exception {
    byte[] picture = Pictures.encode(Pictures.gradient(8, 8), "png");
    Files.createDirectories(root.resolve("cat"));
    Files.createDirectories(root.resolve("dog"));
    for (int i = 0; i < 12; i++) {
      Files.write(root.resolve(i < 6 ? "cat" : "dog").resolve(i + ".png"), picture);
    }
    Dataset read = Reading.heardBy(this::tell, () -> Dataset.imageFolder(root));
    assertThat(told).containsExactly("0 of 12", "12 of 12");
    told.clear();
    int duplicates = Reading.heardBy(this::tell, read::duplicates);
    assertThat(duplicates).isEqualTo(11);
    assertThat(told).containsExactly("0 of 12", "12 of 12", "0 of 12", "12 of 12");
  }
}
