package dev.graft.runtime.internal.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.MissingNativeException;
import dev.graft.runtime.internal.natives.Cuda.Origin;
import dev.graft.words.Remedy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Which CUDA is taken, in which order, and what is said where there is none. */
@EnabledOnOs(OS.LINUX)
class NativeLibrariesTest {

  private static final List<String> ORDER =
      List.of(
          "libcudart.so.12",
          "libnvJitLink.so.12",
          "libcublasLt.so.12",
          "libcublas.so.12",
          "libcufft.so.11",
          "libcusparse.so.12",
          "libcusolver.so.11",
          "libnvrtc-builtins.so.12.6",
          "libnvrtc.so.12",
          "libcudnn_graph.so.9",
          "libcudnn_ops.so.9",
          "libcudnn_cnn.so.9",
          "libcudnn_adv.so.9",
          "libcudnn_heuristic.so.9",
          "libcudnn_engines_precompiled.so.9",
          "libcudnn_engines_runtime_compiled.so.9",
          "libcudnn.so.9");

  @TempDir private Path folder;

  private final List<Path> loaded = new ArrayList<>();
  private Path jar;

  @BeforeEach
  void makeJar() throws IOException {
    jar = StubCuda.jar(folder.resolve("cuda-redist.jar"), StubCuda.libraries(12));
  }

  private NativeLibraries of(ClassLoader classes, boolean driver, Path... installed) {
    return of(classes, driver, loaded::add, installed);
  }

  private NativeLibraries of(
      ClassLoader classes, boolean driver, Consumer<Path> loader, Path... installed) {
    return of(classes, driver ? 13_000 : Driver.NONE, loader, installed);
  }

  private NativeLibraries of(
      ClassLoader classes, int driver, Consumer<Path> loader, Path... installed) {
    return new NativeLibraries(
        classes, List.of(installed), () -> driver, loader, folder.resolve("cuda"));
  }

  private List<String> names() {
    return loaded.stream().map(each -> each.getFileName().toString()).toList();
  }

  @Test
  void whereTheNativesAreForTheCpuNothingIsDone() throws IOException {
    Cuda cuda = of(StubCuda.classes(), true).load(false);
    assertThat(cuda.origin()).isEqualTo(Origin.NOT_NEEDED);
    assertThat(cuda.isMissed()).isFalse();
    assertThat(loaded).isEmpty();
  }

  @Test
  void onlyOnLinuxWithX86AreThereNativesForGpus() {
    assertThat(NativeLibraries.hasGpus("Linux", "amd64")).isTrue();
    assertThat(NativeLibraries.hasGpus("Linux", "aarch64")).isFalse();
    assertThat(NativeLibraries.hasGpus("Windows 11", "amd64")).isFalse();
    assertThat(NativeLibraries.hasGpus("Mac OS X", "x86_64")).isFalse();
  }

  @Test
  void withoutADriverNothingIsUnpacked() throws IOException {
    Cuda cuda = of(StubCuda.classes(jar), false).load(false);
    assertThat(cuda.origin()).isEqualTo(Origin.NO_DRIVER);
    assertThat(cuda.isMissed()).isTrue();
    assertThat(cuda.sentence()).contains("no NVIDIA driver", "libcuda.so.1", "on the CPU");
    assertThat(loaded).isEmpty();
    assertThat(folder.resolve("cuda")).doesNotExist();
  }

  @Test
  void whereTensorFlowIsThereAlreadyNothingIsUnpacked() throws IOException {
    Cuda cuda = of(StubCuda.classes(jar), true).load(true);
    assertThat(cuda.origin()).isEqualTo(Origin.TOO_LATE);
    assertThat(cuda.sentence()).contains("open a Graft first", "start the process anew");
    assertThat(loaded).isEmpty();
    assertThat(folder.resolve("cuda")).doesNotExist();
    assertThat(of(StubCuda.classes(jar), false).load(true).origin()).isEqualTo(Origin.NO_DRIVER);
    assertThat(of(StubCuda.classes(), true).load(true).origin()).isEqualTo(Origin.NOT_NEEDED);
  }

  @Test
  void theJarIsUnpackedAndLoadedInOrder() throws IOException {
    Cuda cuda = of(StubCuda.classes(jar), true).load(false);
    assertThat(cuda.origin()).isEqualTo(Origin.JAR);
    assertThat(names()).isEqualTo(ORDER);
    assertThat(cuda.files()).isEqualTo(loaded);
    assertThat(loaded).allMatch(Path::isAbsolute);
    assertThat(cuda.sentence()).contains("cuda-redist.jar", folder.resolve("cuda").toString());
  }

  /** Who wants to hear of it, or not, sets a level by that name. */
  @Test
  void unpackingIsLoggedUnderANameThatStays() throws IOException {
    List<LogRecord> heard = new ArrayList<>();
    Handler listener =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            heard.add(line);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger log = Logger.getLogger("dev.graft.cuda");
    log.addHandler(listener);
    try {
      of(StubCuda.classes(jar), true).load(false);
    } finally {
      log.removeHandler(listener);
    }
    assertThat(heard)
        .isNotEmpty()
        .allMatch(line -> line.getLevel().equals(Level.INFO))
        .allMatch(line -> line.getMessage().contains("CUDA"));
  }

  @Test
  void whatIsInstalledAndFitsIsTakenRatherThanTheJar() throws IOException {
    Path toolkit = StubCuda.installed(folder.resolve("toolkit"), 12, 5, "cudnn");
    Path system = StubCuda.installed(folder.resolve("system"), 12, 3, "cudart");
    Cuda cuda = of(StubCuda.classes(jar), true, toolkit, system).load(false);
    assertThat(cuda.origin()).isEqualTo(Origin.SYSTEM);
    assertThat(names()).isEqualTo(ORDER);
    assertThat(loaded.get(0).getParent()).isEqualTo(toolkit);
    assertThat(loaded.get(16).getParent()).isEqualTo(system);
    assertThat(cuda.sentence())
        .contains("CUDA 12.6 with cuDNN 9.3 of this machine", toolkit.toString());
    assertThat(folder.resolve("cuda")).doesNotExist();
  }

  @Test
  void whatIsInstalledInPartsIsPassedOver() throws IOException {
    Path part = StubCuda.installed(folder.resolve("part"), 12, 5, "cudnn_adv");
    assertThat(of(StubCuda.classes(jar), true, part).load(false).origin()).isEqualTo(Origin.JAR);
    loaded.clear();
    Path natives = StubCuda.jar(folder.resolve("natives.jar"), Map.of());
    Cuda none = of(StubCuda.classes(natives), true, part).load(false);
    assertThat(none.origin()).isEqualTo(Origin.NOT_FOUND);
    assertThat(none.isMissed()).isTrue();
    assertThat(none.sentence())
        .contains("CUDA 12 in [" + part + "] lacks libcudnn_adv.so.9", "graft-platform-gpu");
    assertThat(loaded).isEmpty();
  }

  /** Their libcusparse.so.12 is of either. */
  @Test
  void twoCudasSideBySideAreNotMixed() throws IOException {
    Path newer = StubCuda.installed(folder.resolve("cuda-13"), 13, 14, "cudart");
    Path older = StubCuda.installed(folder.resolve("cuda-12"), 12, 14, "none");
    Cuda cuda = of(StubCuda.classes(jar), true, newer, older).load(false);
    assertThat(cuda.version()).isEqualTo(12);
    assertThat(loaded).hasSize(ORDER.size()).allMatch(each -> each.getParent().equals(older));
  }

  @Test
  void whatDoesNotTellItsVersionIsTakenOnlyWithoutAJar() throws IOException {
    Path system = StubCuda.installed(folder.resolve("system"), 12, 5, "cudnn");
    Files.write(system.resolve("libcudnn.so.9"), StubCuda.libraries(12).get("libcudnn.so.9"));
    assertThat(of(StubCuda.classes(jar), true, system).load(false).origin()).isEqualTo(Origin.JAR);
    Path natives = StubCuda.jar(folder.resolve("natives.jar"), Map.of());
    assertThat(of(StubCuda.classes(natives), true, system).load(false).origin())
        .isEqualTo(Origin.SYSTEM);
  }

  @Test
  void aCudnnThatIsTooOldIsNamed() throws IOException {
    Path old = StubCuda.installed(folder.resolve("old"), 12, 2, "none");
    Path natives = StubCuda.jar(folder.resolve("natives.jar"), Map.of());
    assertThat(of(StubCuda.classes(natives), true, old).load(false).sentence())
        .contains("libcudnn.so.9 (it is of cuDNN 9.2, not .3 or newer)");
  }

  @Test
  void aJarOfAnotherCudaIsNamedWithWhatItLacks() throws IOException {
    Map<String, byte[]> libraries = StubCuda.libraries(12);
    libraries.keySet().removeIf(name -> name.startsWith("libcudnn"));
    Path older = StubCuda.jar(folder.resolve("cuda-8.9.jar"), libraries);
    assertThat(of(StubCuda.classes(older), true).load(false).sentence())
        .contains("cuda-8.9.jar lacks libcudnn_graph.so.9");
  }

  /** Its libraries are called otherwise, and of CUDA 12 it needs one. */
  @Test
  void ofCuda13TheNamesOfCuda12AreMade() throws IOException {
    Path newer = StubCuda.installed(folder.resolve("cuda-13"), 13, 14, "cudart");
    Path natives = StubCuda.jar(folder.resolve("natives.jar"), Map.of());
    assertThat(of(StubCuda.classes(natives), true, newer).load(false).sentence())
        .contains("CUDA 13", "lacks libcudart.so.12");
    Cuda cuda = of(StubCuda.classes(jar), true, newer).load(false);
    assertThat(cuda.origin()).isEqualTo(Origin.SYSTEM);
    assertThat(cuda.sentence()).contains("CUDA 13 with cuDNN 9.14");
    assertThat(names())
        .startsWith(
            "libcudart.so.12",
            "libnvJitLink.so.13",
            "libcublasLt.so.13",
            "libcublasLt.so.12",
            "libcublas.so.13",
            "libcublas.so.12",
            "libcufft.so.12",
            "libcufft.so.11",
            "libcusparse.so.12",
            "libcusolver.so.12",
            "libcusolver.so.11",
            "libnvrtc-builtins.so.13.6",
            "libnvrtc.so.13",
            "libcudnn_graph.so.9")
        .hasSize(ORDER.size() + 4);
    try (var unpacked = Files.list(loaded.get(0).getParent())) {
      assertThat(unpacked.filter(each -> each.getFileName().toString().startsWith("lib")))
          .as("of the jar, no more than that one")
          .containsExactly(loaded.get(0));
    }
  }

  @Test
  void cuda13IsTakenRatherThanTheJarOnlyByADriverThatKnowsIt() throws IOException {
    Path newer = StubCuda.installed(folder.resolve("cuda-13"), 13, 14, "none");
    ClassLoader both = StubCuda.classes(jar);
    for (int driver : new int[] {12_000, 12_090, Driver.UNKNOWN}) {
      Cuda cuda = of(both, driver, loaded::add, newer).load(false);
      assertThat(cuda.origin()).as("driver for %d", driver).isEqualTo(Origin.JAR);
    }
    assertThat(of(both, 13_010, loaded::add, newer).load(false).version()).isEqualTo(13);
    Path older = StubCuda.installed(folder.resolve("cuda-12"), 12, 14, "none");
    Cuda beside = of(both, 12_020, loaded::add, newer, older).load(false);
    assertThat(beside.origin()).isEqualTo(Origin.SYSTEM);
    assertThat(beside.version()).isEqualTo(12);
  }

  /** Without the jar it is tried, and 'graft doctor' says what the driver is for. */
  @Test
  void cuda13IsTakenWhereThereIsNoOther() throws IOException {
    Path newer = StubCuda.installed(folder.resolve("cuda-13"), 13, 14, "none");
    Files.write(newer.resolve("libcudart.so.12"), StubCuda.libraries(12).get("libcudart.so.12"));
    Path natives = StubCuda.jar(folder.resolve("natives.jar"), Map.of());
    Cuda cuda = of(StubCuda.classes(natives), 12_040, loaded::add, newer).load(false);
    assertThat(cuda.version()).isEqualTo(13);
  }

  @Test
  void aLibraryThatDoesNotLoadIsNamed() throws IOException {
    NativeLibraries failing =
        of(
            StubCuda.classes(jar),
            true,
            file -> {
              if (file.endsWith("libcufft.so.11")) {
                throw new UnsatisfiedLinkError("failed to map segment from shared object");
              }
              loaded.add(file);
            });
    assertThatThrownBy(() -> failing.load(false))
        .isInstanceOfSatisfying(
            MissingNativeException.class,
            failure ->
                assertThat(failure.remedies())
                    .containsExactly(Remedy.CUDA_FOLDER, Remedy.CUDA_OF_CLASS_PATH, Remedy.CPU))
        .hasMessageContaining("libcufft.so.11 cannot be loaded (failed to map segment")
        .hasMessageContaining("noexec");
    assertThat(loaded).hasSize(4);
  }

  @Test
  void whatIsDamagedOnTheDiskIsUnpackedAgain() throws IOException {
    of(StubCuda.classes(jar), true).load(false);
    Path file = loaded.get(4);
    FileTime time = Files.getLastModifiedTime(file);
    byte[] whole = Files.readAllBytes(file);
    byte[] spoilt = whole.clone();
    spoilt[1]++;
    Files.write(file, spoilt);
    Files.setLastModifiedTime(file, time);
    loaded.clear();
    Consumer<Path> strict =
        each -> {
          if (each.equals(file) && isSpoilt(each)) {
            throw new UnsatisfiedLinkError("invalid ELF header");
          }
          loaded.add(each);
        };
    assertThat(of(StubCuda.classes(jar), true, strict).load(false).origin()).isEqualTo(Origin.JAR);
    assertThat(names()).isEqualTo(ORDER);
    assertThat(file).hasBinaryContent(whole);
  }

  private static boolean isSpoilt(Path file) {
    try {
      return Files.readAllBytes(file)[1] != 'E';
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** As two web applications have them, in one process: it is there for both. */
  @Test
  void whatAnotherClassLoaderHasLoadedIsThere() throws IOException {
    Consumer<Path> second =
        file -> {
          throw new UnsatisfiedLinkError(
              "Native Library " + file + " already loaded in another classloader");
        };
    assertThat(of(StubCuda.classes(jar), true, second).load(false).files()).hasSize(ORDER.size());
  }

  @Test
  void theUsualPlacesAndThoseOfTheEnvironmentAreLookedAt() throws IOException {
    Path cuda13 = Files.createDirectories(folder.resolve("usr/local/cuda-13.0/lib64"));
    Path cuda12 = Files.createDirectories(folder.resolve("usr/local/cuda-12.6/lib64"));
    Path debian = Files.createDirectories(folder.resolve("usr/lib/x86_64-linux-gnu"));
    Path home = Files.createDirectories(folder.resolve("mine/lib64"));
    Path own = Files.createDirectories(folder.resolve("own"));
    Map<String, String> environment =
        Map.of(
            "CUDA_HOME",
            folder.resolve("mine").toString(),
            "CUDA_PATH",
            "",
            "LD_LIBRARY_PATH",
            folder.resolve("not-there") + "::" + own);
    assertThat(SystemCuda.folders(environment, folder))
        .startsWith(home, own, debian)
        .endsWith(cuda13, cuda12);
  }
}
