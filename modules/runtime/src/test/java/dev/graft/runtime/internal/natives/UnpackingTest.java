package dev.graft.runtime.internal.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import com.google.common.primitives.Bytes;
import dev.graft.error.InputOutputException;
import dev.graft.runtime.OwnProcess;
import dev.graft.savedmodel.file.HeldFile;
import dev.graft.words.Remedy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class UnpackingTest {

  private static final int LIBRARIES = 17;
  private static final int LARGE = 2 << 20;

  /** How many a process unpacks before it is held in the next. */
  private static final int WHOLE = 3;

  @TempDir private Path folder;

  private final List<String> told = new ArrayList<>();

  private List<Path> unpack(CudaJar jar) {
    return new Unpacking(folder.resolve("cuda"), told::add).files(jar);
  }

  private CudaJar jar(Map<String, byte[]> libraries) throws IOException {
    return StubCuda.found(StubCuda.jar(folder.resolve("cuda.jar"), libraries));
  }

  @Test
  void eachIsAFileInAFolderNamedByTheContent() throws IOException {
    Map<String, byte[]> libraries = StubCuda.libraries(12);
    CudaJar jar = jar(libraries);
    List<Path> files = unpack(jar);
    assertThat(files).hasSize(LIBRARIES);
    for (Path file : files) {
      assertThat(file.getParent()).isEqualTo(folder.resolve("cuda").resolve(jar.digest()));
      assertThat(file).hasBinaryContent(libraries.get(file.getFileName().toString()));
    }
    assertThat(told).hasSize(2);
    assertThat(told.get(0)).contains("is unpacked to", "once", jar.digest());
    libraries.replaceAll((name, bytes) -> Bytes.concat(bytes, new byte[1]));
    assertThat(unpack(jar(libraries)).get(0).getParent()).isNotEqualTo(files.get(0).getParent());
  }

  @Test
  void whatIsThereWholeIsLeftAlone() throws IOException {
    CudaJar jar = jar(StubCuda.libraries(12));
    List<Object> before = keys(unpack(jar));
    told.clear();
    assertThat(keys(unpack(jar))).isEqualTo(before);
    assertThat(told).isEmpty();
  }

  private static List<Object> keys(List<Path> files) throws IOException {
    List<Object> keys = new ArrayList<>();
    for (Path file : files) {
      keys.add(key(file));
    }
    return keys;
  }

  /** The file itself, which another one by its name is not. */
  private static Object key(Path file) throws IOException {
    return Files.getAttribute(file, "unix:ino");
  }

  @Test
  void whatSomebodyHasWrittenToIsUnpackedAgain() throws IOException {
    Map<String, byte[]> libraries = StubCuda.libraries(12);
    CudaJar jar = jar(libraries);
    List<Path> files = unpack(jar);
    Object other = key(files.get(4));
    byte[] spoilt = Files.readAllBytes(files.get(3));
    spoilt[100]++;
    Files.write(files.get(3), spoilt);
    Files.write(files.get(5), new byte[3]);
    Files.delete(files.get(6));
    unpack(jar);
    for (Path file : files) {
      assertThat(file).hasBinaryContent(libraries.get(file.getFileName().toString()));
    }
    assertThat(key(files.get(4))).as("it was whole").isEqualTo(other);
  }

  @Test
  void aFolderThatOthersMayWriteToIsRefused() throws IOException {
    CudaJar jar = jar(StubCuda.libraries(12));
    Path to = unpack(jar).get(0).getParent();
    assertThat(rights(to)).isEqualTo("rwxr-xr-x");
    Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> unpack(jar))
        .isInstanceOfSatisfying(
            InputOutputException.class,
            refused -> assertThat(refused.remedies()).containsExactly(Remedy.CUDA_FOLDER))
        .hasMessageContaining(to + " may be written to by others");
  }

  @Test
  void aFolderBehindALinkIsRefused() throws IOException {
    CudaJar jar = jar(StubCuda.libraries(12));
    Path to = unpack(jar).get(0).getParent();
    Path elsewhere = Files.move(to, folder.resolve("elsewhere"));
    Files.createSymbolicLink(to, elsewhere);
    assertThatThrownBy(() -> unpack(jar)).hasMessageContaining(to + " is a link");
  }

  /** With size and time as they should be. */
  @Test
  void whatSomebodyHasPlantedIsUnpackedAgain() throws IOException {
    CudaJar jar = jar(StubCuda.libraries(12));
    List<Path> files = unpack(jar);
    assertThat(rights(files.get(0))).isEqualTo("rw-r--r--");
    Path planted = Files.move(files.get(0), folder.resolve("planted"));
    Files.createSymbolicLink(files.get(0), planted);
    Files.setPosixFilePermissions(files.get(1), PosixFilePermissions.fromString("rw-rw-rw-"));
    unpack(jar);
    assertThat(files.get(0)).isRegularFile().isNotEmptyFile();
    assertThat(Files.isSymbolicLink(files.get(0))).isFalse();
    assertThat(rights(files.get(1))).isEqualTo("rw-r--r--");
  }

  @Test
  void whatAnotherUserHasMadeIsRefused() throws IOException {
    CudaJar jar = jar(StubCuda.libraries(12));
    Path to = unpack(jar).get(0).getParent();
    try {
      Files.setAttribute(to, "unix:uid", 12345);
    } catch (IOException e) {
      abort("only root gives a folder away");
    }
    assertThatThrownBy(() -> unpack(jar)).hasMessageContaining(to + " belongs to another user");
  }

  private static String rights(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  /** Of several threads here, as of processes: none is in the way of another. */
  @Test
  void theNamesOfCuda12AreMadeByAnyNumberAtOnce() throws IOException {
    Path names = folder.resolve("names");
    Forwarder one = new Forwarder("libcublas.so.12", List.of("libcublas.so.13"));
    IntStream.range(0, 200)
        .parallel()
        .forEach(
            i -> {
              try {
                Path file = one.in(names.resolve("" + i / 8));
                assertThat(file).hasBinaryContent(one.bytes());
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    try (Stream<Path> all = Files.walk(names)) {
      assertThat(all.filter(Files::isRegularFile)).allMatch(each -> each.endsWith(one.name()));
    }
  }

  /** As a disk does it that forgets: size and time are as they were. */
  @Test
  void whatRotsIsNoticedByItsChecksum() throws IOException {
    CudaJar jar = jar(StubCuda.libraries(12));
    Path file = unpack(jar).get(3);
    Unpacking unpacking = new Unpacking(folder.resolve("cuda"), told::add);
    assertThat(unpacking.isDamaged(jar, file)).isFalse();
    FileTime time = Files.getLastModifiedTime(file);
    byte[] spoilt = Files.readAllBytes(file);
    spoilt[100]++;
    Files.write(file, spoilt);
    Files.setLastModifiedTime(file, time);
    assertThat(unpacking.isDamaged(jar, file)).isTrue();
    assertThat(file).doesNotExist();
  }

  @Test
  void aDamagedJarIsRefused() throws IOException {
    Map<String, byte[]> libraries = StubCuda.large(1000);
    Path file = StubCuda.jar(folder.resolve("cuda.jar"), libraries);
    byte[] bytes = Files.readAllBytes(file);
    bytes[Bytes.indexOf(bytes, libraries.get("libcufft.so.11")) + 500]++;
    Files.write(file, bytes);
    assertThatThrownBy(() -> unpack(StubCuda.found(file)))
        .isInstanceOf(InputOutputException.class)
        .hasMessageContaining("cuda.jar is damaged")
        .hasMessageContaining("libcufft.so.11 has another checksum")
        .hasMessageContaining("fetched again");
    try (Stream<Path> all = Files.walk(folder.resolve("cuda"))) {
      assertThat(all.filter(Files::isRegularFile).map(each -> each.getFileName().toString()))
          .as("what came before it is kept, nothing of it")
          .contains("libcublas.so.12")
          .noneMatch(name -> name.startsWith("libcufft") || name.startsWith(".graft-tmp-"));
    }
  }

  @Test
  void aKillCostsTheLibraryThatWasWritten() throws Exception {
    Map<String, byte[]> libraries = StubCuda.large(LARGE);
    Path file = StubCuda.jar(folder.resolve("cuda.jar"), libraries);
    CudaJar jar = StubCuda.found(file);
    Path to = folder.resolve("cuda").resolve(jar.digest());
    Process child = process(file, "held").start();
    while (child.isAlive() && !(done(to).size() == WHOLE && isWritten(to))) {
      Thread.sleep(10);
    }
    child.destroyForcibly().waitFor();
    List<Path> done = done(to);
    assertThat(done).as("it was killed at work").hasSize(WHOLE);
    Files.write(to.resolve(".graft-tmp-of-another"), new byte[9]);
    List<Object> before = keys(done);
    List<Path> files = unpack(jar);
    assertThat(keys(done)).as("what was whole is not unpacked again").isEqualTo(before);
    for (Path each : files) {
      byte[] whole = libraries.get(each.getFileName().toString());
      assertThat(Arrays.equals(Files.readAllBytes(each), whole)).as(each.toString()).isTrue();
    }
    try (Stream<Path> all = Files.list(to)) {
      assertThat(all.filter(each -> !files.contains(each))).containsExactly(to.resolve(".lock"));
    }
  }

  /** Whether something of a library is there that is not whole. */
  private static boolean isWritten(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.anyMatch(
          each ->
              each.getFileName().toString().startsWith(".graft-tmp-")
                  && each.toFile().length() > 0);
    }
  }

  private static List<Path> done(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(each -> each.getFileName().toString().startsWith("lib")).sorted().toList();
    }
  }

  @Test
  void oneProcessWaitsForTheOther() throws Exception {
    Path file = StubCuda.jar(folder.resolve("cuda.jar"), StubCuda.libraries(12));
    CudaJar jar = StubCuda.found(file);
    Path to = Files.createDirectories(folder.resolve("cuda").resolve(jar.digest()));
    Process child;
    try (HeldFile held = HeldFile.of(to.resolve(".lock")).orElseThrow()) {
      assertThat(held.isSure()).isTrue();
      child = process(file).redirectOutput(folder.resolve("said").toFile()).start();
      while (child.isAlive() && !Files.readString(folder.resolve("said")).contains("waits")) {
        Thread.sleep(10);
      }
      assertThat(done(to)).isEmpty();
    }
    Process beside = process(file).start();
    assertThat(child.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(beside.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(child.exitValue()).isZero();
    assertThat(beside.exitValue()).isZero();
    assertThat(Files.readString(folder.resolve("said")))
        .contains("another process unpacks CUDA to " + to);
    assertThat(done(to)).hasSize(LIBRARIES);
  }

  @Test
  void whoWaitsCanBeInterrupted() throws Exception {
    CudaJar jar = jar(StubCuda.libraries(12));
    Path to = Files.createDirectories(folder.resolve("cuda").resolve(jar.digest()));
    try (HeldFile held = HeldFile.of(to.resolve(".lock")).orElseThrow()) {
      assertThat(held.isSure()).isTrue();
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> unpack(jar)).isInstanceOf(CancellationException.class);
      assertThat(Thread.interrupted()).as("the caller can still tell").isTrue();
    }
  }

  private ProcessBuilder process(Path jar, String... how) {
    String to = folder.resolve("cuda").toString();
    String[] arguments =
        Stream.concat(Stream.of(jar.toString(), to), Arrays.stream(how)).toArray(String[]::new);
    return OwnProcess.running(UnpackingTest.class, arguments)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD);
  }

  /** The process: unpacks a jar to a folder, and if it is to be held, does not get to the end. */
  public static void main(String[] arguments) throws IOException {
    CudaJar jar = StubCuda.found(Path.of(arguments[0]));
    CudaJar taken = arguments.length > 2 ? StubCuda.heldAt(WHOLE, jar) : jar;
    List<Path> unused = new Unpacking(Path.of(arguments[1]), System.out::println).files(taken);
  }
}
