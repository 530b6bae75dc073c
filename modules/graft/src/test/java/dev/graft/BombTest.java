package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.graft.error.GraftException;
import dev.graft.testkit.Bomb;
import dev.graft.testkit.ChildJava;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Small files that stand for endless work are refused in words, in little time and memory. */
@Tag("slow")
class BombTest {

  /** What takes two on a machine that does nothing else. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @EnumSource
  void isCountedBeforeItIsFollowed(Bomb bomb) {
    Path model = bomb.in(folder);
    String refusal = assertTimeoutPreemptively(PATIENCE, () -> read(model));
    if (bomb.refusal().isEmpty()) {
      assertThat(refusal).isEmpty();
    } else {
      assertThat(refusal).contains(bomb.refusal());
    }
  }

  /** What is said against a model; nothing if it is read. */
  private static String read(Path model) {
    try {
      var unused = Graft.inspect(model, LoadOptions.defaults());
      unused = Graft.inspect(Graft.load(model, Trust.ALLOW));
      return "";
    } catch (GraftException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** In the memory of a small JVM, all of them one after the other. */
  @Test
  void fitsInSmallMemory() throws IOException, InterruptedException {
    List<String> models = new ArrayList<>();
    for (Bomb bomb : Bomb.values()) {
      models.add(bomb.in(folder.resolve(bomb.name())).toString());
    }
    Process process =
        ChildJava.running(List.of("-Xmx256m"), BombTest.class, models.toArray(new String[0]))
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(said).doesNotContain("Error", "more memory than Java may use");
    assertThat(process.exitValue()).as(said).isZero();
  }

  /** Reads each model; nothing may be thrown but what says in words why not. */
  public static void main(String[] models) {
    for (String model : models) {
      long began = System.nanoTime();
      System.out.println(model + ": " + read(Path.of(model)));
      if (System.nanoTime() - began > PATIENCE.toNanos()) {
        System.out.println("Error: too slow");
        System.exit(1);
      }
    }
  }
}
