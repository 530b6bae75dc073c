package dev.graft.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadRequestException;
import dev.graft.savedmodel.file.Durable;
import dev.graft.testkit.ChildJava;
import dev.graft.testkit.Logged;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who publishes leaves alone what others are at work on, and clears away what nobody is. */
class ServingBaseTest {

  private static final String OTHER_HOST = "0123abcd";

  @TempDir private Path base;

  private static List<String> names(Path dir) throws IOException {
    try (Stream<Path> all = Files.list(dir)) {
      return all.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private Path leftover(String name, Duration age) throws IOException {
    Path folder = Files.createDirectory(base.resolve(name));
    Files.writeString(folder.resolve("half"), "written");
    for (Path path : List.of(folder.resolve("half"), folder)) {
      Files.setLastModifiedTime(path, FileTime.from(Instant.now().minus(age)));
    }
    return folder;
  }

  /** A process that works in a folder until it is told to go on. */
  private record Publisher(Process process, BufferedReader said, String folder) {
    static Publisher start(Path base) throws IOException {
      Process process =
          ChildJava.running(ServingBaseTest.class, base.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      BufferedReader said =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      return new Publisher(process, said, said.readLine());
    }

    String goOn() throws IOException {
      try (OutputStream out = process.getOutputStream()) {
        out.write('\n');
      }
      return said.readLine();
    }
  }

  /** The process: prints its folder, waits, makes it a version, prints the number. */
  public static void main(String[] arguments) throws IOException {
    ServingBase serving = ServingBase.at(Path.of(arguments[0]));
    ServingBase.Temporary temporary = serving.temporary();
    Files.writeString(temporary.folder().resolve("whole"), "yes");
    System.out.println(temporary.folder());
    int unused = System.in.read();
    System.out.println(serving.commit(temporary, path -> {}, new ArrayList<>()));
    serving.discard(temporary);
  }

  /**
   * Nothing of a process goes into its folder's name, so two with one host name and one process
   * number, as containers have them, are no other case than these two.
   */
  @Test
  void processesLeaveEachOthersWorkAlone() throws Exception {
    Publisher first = Publisher.start(base);
    Publisher second = Publisher.start(base);
    ServingBase.at(base); // looks for leftovers, as the second did
    assertThat(Path.of(first.folder()).resolve("whole")).exists();
    assertThat(Path.of(second.folder()).resolve("whole")).exists();
    assertThat(first.folder()).doesNotContain("-" + first.process().pid() + "-");
    assertThat(List.of(first.goOn(), second.goOn())).containsExactly("1", "2");
    assertThat(first.process().waitFor() + second.process().waitFor()).isZero();
    assertThat(names(base)).containsExactly("1", "2");
    assertThat(base.resolve("1/whole")).exists();
    assertThat(base.resolve("2/whole")).exists();
  }

  @Test
  void whatAKilledProcessLeavesIsClearedAway() throws Exception {
    Publisher killed = Publisher.start(base);
    killed.process().destroyForcibly().waitFor();
    assertThat(Path.of(killed.folder()).resolve("whole")).exists();
    ServingBase.at(base);
    assertThat(names(base)).isEmpty();
  }

  /** As in a server with two applications: one process number, and no variable in common. */
  @Test
  void classLoadersLeaveEachOthersWorkAlone() throws Exception {
    String[] parts = System.getProperty("java.class.path").split(File.pathSeparator, -1);
    URL[] urls = new URL[parts.length];
    for (int i = 0; i < parts.length; i++) {
      urls[i] = Path.of(parts[i]).toUri().toURL();
    }
    try (URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
      Class<?> other = Class.forName(ServingBase.class.getName(), true, loader);
      Method at = other.getDeclaredMethod("at", Path.class);
      at.setAccessible(true);
      ServingBase serving = ServingBase.at(base);
      ServingBase.Temporary mine = serving.temporary();
      assertThat(at.invoke(null, base)).isNotNull();
      assertThat(mine.folder()).isDirectory();
      Publisher third = Publisher.start(base); // the second must not have given my lock up
      assertThat(mine.folder()).isDirectory();
      assertThat(third.goOn()).isEqualTo("1");
      assertThat(third.process().waitFor()).isZero();
      serving.discard(mine);
      assertThat(names(base)).containsExactly("1");
    }
  }

  /** Network disks do not always tell of another machine's locks. */
  @Test
  void otherHostsLeftoversGoWhenTheyAreOld() throws Exception {
    String name = ".graft-tmp-" + OTHER_HOST + "-0000000000000001";
    Path young = leftover(name, Duration.ofHours(1));
    Files.createFile(base.resolve(name + ".lock"));
    Path old = leftover(".graft-tmp-" + OTHER_HOST + "-0000000000000002", Duration.ofDays(3));
    Path before = leftover(".graft-tmp-" + OTHER_HOST + "-17-00000003", Duration.ofDays(3));
    Path beforeAndYoung = leftover(".graft-tmp-" + OTHER_HOST + "-17-00000004", Duration.ZERO);
    assertThat(Logged.during(() -> ServingBase.at(base)))
        .containsExactlyInAnyOrder(
            "INFO " + old + ", left by a run that was killed, is cleared away",
            "INFO " + before + ", left by a run that was killed, is cleared away");
    assertThat(young).isDirectory();
    assertThat(beforeAndYoung).isDirectory();
    assertThat(old).doesNotExist();
    assertThat(before).doesNotExist();
    assertThat(names(base))
        .containsExactly(name, name + ".lock", beforeAndYoung.getFileName().toString());
  }

  @Test
  void whatIsMadeInABaseStaysThereUntilItIsLetGo() throws IOException {
    ServingBase serving = ServingBase.at(base);
    ServingBase.Temporary working = serving.temporary();
    Exporter.requirePublishable(base);
    assertThat(working.folder()).isDirectory();
    serving.discard(working);
    assertThat(names(base)).isEmpty();
  }

  @Test
  void aDiskOfItsOwnAndAServersSettingsAreLeftAlone() throws IOException {
    Files.createDirectory(base.resolve("lost+found"));
    Files.createFile(base.resolve("models.config"));
    Files.createFile(base.resolve(".nfs0001"));
    Exporter.requirePublishable(base);
    assertThat(names(base)).containsExactly(".nfs0001", "lost+found", "models.config");
    Files.createFile(base.resolve("notes.txt"));
    assertThatThrownBy(() -> Exporter.requirePublishable(base))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("notes.txt");
    Durable.delete(base.resolve("lost+found"));
  }

  /** Runs {@code work} while another renames {@code path} to the next name and away, on and on. */
  private static void whileItComesAndGoes(Path path, Supplier<Path> next, Callable<?> work)
      throws Exception {
    AtomicBoolean isOver = new AtomicBoolean();
    FutureTask<Boolean> other =
        new FutureTask<>(
            () -> {
              while (!isOver.get()) {
                Path name = next.get();
                Files.move(path, name);
                Files.move(name, path);
              }
              return true;
            });
    new Thread(other, "comes-and-goes").start();
    try {
      for (int i = 0; i < 200; i++) {
        work.call();
      }
    } finally {
      isOver.set(true);
      assertThat(other.get()).isTrue();
    }
  }

  /** As another publisher's retention does, after hours of training here. */
  @Test
  void aVersionThatIsJustBeingRemovedIsNoStranger() throws Exception {
    for (int i = 1; i <= 100; i++) { // between listing and looking there is time
      Files.createDirectory(base.resolve("" + i));
    }
    Path hidden = Files.createDirectory(base.resolve(".gone"));
    AtomicInteger number = new AtomicInteger(9_000_000); // none comes back
    whileItComesAndGoes(
        hidden, () -> base.resolve("" + number.incrementAndGet()), () -> ServingBase.at(base));
    assertThat(names(base)).hasSize(101);
  }

  @Test
  void aFolderThatAnotherWorksInIsLeftAlone() throws Exception {
    Path working = leftover(".graft-tmp-" + OTHER_HOST + "-0000000000000001", Duration.ofHours(1));
    for (int i = 0; i < 50; i++) {
      Files.createFile(working.resolve("file" + i));
    }
    whileItComesAndGoes(
        working.resolve("half"), () -> working.resolve("whole"), () -> ServingBase.at(base));
    assertThat(names(working)).hasSize(51);
  }

  /** A file, say, that somebody has put there while a version was made. */
  @Test
  void aNumberThatSomethingElseHasIsSkipped() throws IOException {
    ServingBase serving = ServingBase.at(base);
    ServingBase.Temporary temporary = serving.temporary();
    List<Path> tried = new ArrayList<>();
    long number =
        serving.commit(
            temporary,
            version -> {
              tried.add(version);
              assertThat(tried).hasSizeLessThan(10);
              if (tried.size() == 1) {
                touch(version);
              }
            },
            new ArrayList<>());
    serving.discard(temporary);
    assertThat(number).isEqualTo(2);
    assertThat(base.resolve("1")).isRegularFile();
    assertThat(base.resolve("2")).isDirectory();
  }

  private static void touch(Path file) {
    try {
      Files.createFile(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
