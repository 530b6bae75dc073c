package dev.graft.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.FailedCheckException;
import dev.graft.error.GraftException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.file.VersionLease;
import dev.graft.testkit.ChildJava;
import dev.graft.testkit.FaultyFileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Old versions go whole or not at all, and not while anybody reads them. */
@Tag("slow")
class RetentionTest {

  private static final List<String> FILES =
      List.of("saved_model.pb", "variables/variables.index", "variables/variables.data", "a/b");

  @TempDir Path base;

  /** Folders are all that it is about. */
  private void version(int number) throws IOException {
    Path folder = base.resolve(".making");
    for (String file : FILES) {
      Files.createDirectories(folder.resolve(file).getParent());
      Files.writeString(folder.resolve(file), file);
    }
    Files.move(folder, base.resolve("" + number));
  }

  private List<String> entries() throws IOException {
    try (Stream<Path> all = Files.list(base)) {
      return all.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private void requireWhole() throws IOException {
    for (String name : entries()) {
      if (name.matches("\\d+")) {
        for (String file : FILES) {
          assertThat(base.resolve(name).resolve(file)).hasContent(file);
        }
      }
    }
  }

  @Test
  void theNewestStay() throws IOException {
    for (int number : new int[] {1, 2, 9, 10, 11}) {
      version(number);
    }
    Files.writeString(base.resolve("models.config"), "a server's");
    assertThat(Exporter.keep(base, 2)).isEmpty();
    assertThat(entries()).containsExactly("10", "11", "models.config");
    assertThat(Exporter.keep(base, 7)).isEmpty();
    assertThat(entries()).containsExactly("10", "11", "models.config");
  }

  @Test
  void whatIsInUseStays() throws IOException {
    for (int number = 1; number <= 4; number++) {
      version(number);
    }
    try (VersionLease first = VersionLease.on(base.resolve("1"));
        VersionLease again = VersionLease.on(base.resolve("1"))) {
      assertThat(VersionLease.isHeldOn(base.resolve("1"))).isTrue();
      assertThat(VersionLease.isHeldOn(base.resolve("2"))).isFalse();
      again.close();
      assertThat(Exporter.keep(base, 1)).containsExactly("version 1 stays, since it is in use");
      assertThat(entries()).contains("1", "4").doesNotContain("2", "3");
    }
    assertThat(Exporter.keep(base, 1)).isEmpty();
    assertThat(entries()).as("neither leases nor locks are left").containsExactly("4");
  }

  @Test
  void whatIsJustBeingRemovedIsNotRead() throws IOException {
    version(1);
    try (var removal = VersionLease.removing(base.resolve("1")).orElseThrow()) {
      assertThatThrownBy(() -> VersionLease.on(base.resolve("1")))
          .isInstanceOf(NoSuchFileException.class);
      removal.delete();
    }
    Files.writeString(base.resolve(".graft-removal-1.lock"), ""); // of one that was killed
    VersionLease.on(base.resolve("1")).close();
    assertThat(entries()).containsExactly("1");
  }

  @Test
  void anotherProcessReadsUntilItIsKilled() throws Exception {
    version(1);
    version(2);
    Process child =
        ChildJava.running(RetentionTest.class, base.resolve("1").toString())
            .redirectErrorStream(true)
            .start();
    try {
      assertThat(child.getInputStream().read()).isEqualTo('x');
      assertThat(Exporter.keep(base, 1)).containsExactly("version 1 stays, since it is in use");
      assertThat(VersionLease.isHeldOn(base.resolve("1"))).isTrue();
    } finally {
      child.destroyForcibly().waitFor();
    }
    assertThat(Exporter.keep(base, 1)).isEmpty();
    assertThat(entries()).containsExactly("2");
  }

  /** The process that reads. */
  public static void main(String[] arguments) throws Exception {
    try (VersionLease lease = VersionLease.on(Path.of(arguments[0]))) {
      System.out.println("x");
      Thread.sleep(60_000);
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyFileOperationMayFail(FaultyFileSystem.Fault fault) throws IOException {
    version(1);
    version(2);
    version(3);
    FaultyFileSystem counting = new FaultyFileSystem(0, fault);
    Exporter.keep(counting.wrap(base), 1);
    assertThat(entries()).containsExactly("3");
    assertThat(counting.operations()).isGreaterThan(20);
    for (int i = 1; i <= counting.operations(); i++) {
      version(1);
      version(2);
      try {
        Exporter.keep(new FaultyFileSystem(i, fault).wrap(base), 1);
      } catch (GraftException e) {
        assertThat(e).hasMessageContaining("injected");
      }
      requireWhole();
      assertThat(entries()).as("after operation %s", i).contains("3");
      assertThat(Exporter.keep(base, 1)).isEmpty();
      assertThat(entries()).as("after operation %s, and once more", i).containsExactly("3");
    }
  }

  /** Readers and removers meet as often as they can; no reader ever misses a file. */
  @Test
  void noVersionGoesWhileItIsRead() throws Exception {
    version(1);
    AtomicBoolean ends = new AtomicBoolean();
    Callable<Integer> reader =
        () -> {
          Random random = new Random();
          int read = 0;
          while (!ends.get()) {
            List<String> now = entries().stream().filter(name -> name.matches("\\d+")).toList();
            Path version = base.resolve(now.get(random.nextInt(now.size())));
            try (VersionLease lease = VersionLease.on(version)) {
              if (Files.exists(version)) {
                for (String file : FILES) {
                  assertThat(version.resolve(file)).hasContent(file);
                }
                read++;
              }
            } catch (NoSuchFileException e) { // it goes, and that is said
              assertThat(e).hasMessageContaining("just being removed");
            }
          }
          return read;
        };
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      List<Future<Integer>> readers =
          IntStream.range(0, 3).mapToObj(i -> threads.submit(reader)).toList();
      for (int number = 2; number <= 120; number++) {
        version(number);
        Exporter.keep(base, 2);
      }
      ends.set(true);
      for (Future<Integer> each : readers) {
        assertThat(each.get()).isPositive();
      }
    } finally {
      ends.set(true);
      threads.shutdownNow();
    }
    Exporter.keep(base, 1);
    assertThat(entries()).containsExactly("120");
  }

  @Test
  void anOldVersionComesBackWholeOrNotAtAll() throws IOException {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        VersionLease lease = VersionLease.on(base.resolve("1"))) {
      Path first = Exporter.publish(runtime, WholeOrNotAtAllTest.model(), base).path();
      TreeMap<String, Long> whole = files(first);
      Path second = Exporter.again(runtime, first);
      assertThat(second).isEqualTo(base.resolve("2"));
      assertThat(files(second)).isEqualTo(whole);
      FaultyFileSystem counting = new FaultyFileSystem(0, FaultyFileSystem.Fault.ONCE);
      Exporter.again(runtime, counting.wrap(base).resolve("1"));
      for (FaultyFileSystem.Fault fault : FaultyFileSystem.Fault.values()) {
        for (int i = 1; i <= counting.operations(); i += 3) {
          try {
            Exporter.again(runtime, new FaultyFileSystem(i, fault).wrap(base).resolve("1"));
          } catch (GraftException e) {
            // what a disk took and does not give back is found by reading
            assertThat(e.getMessage()).containsAnyOf("injected", "reads otherwise there");
          }
          for (String name : entries()) {
            if (name.matches("\\d+")) {
              assertThat(files(base.resolve(name))).as("%s at %s", fault, i).isEqualTo(whole);
            }
          }
          Exporter.keep(base, 3);
        }
      }
      Path data = base.resolve("9000");
      Files.createDirectory(data);
      Files.writeString(data.resolve("saved_model.pb"), "damaged");
      assertThatThrownBy(() -> Exporter.again(runtime, data))
          .isInstanceOf(FailedCheckException.class)
          .hasMessageStartingWith("version 9000 is not published again");
      assertThat(base.resolve("9001")).doesNotExist();
    }
  }

  private static TreeMap<String, Long> files(Path version) throws IOException {
    TreeMap<String, Long> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(version)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(version.relativize(file).toString(), Files.size(file));
      }
    }
    return files;
  }
}
