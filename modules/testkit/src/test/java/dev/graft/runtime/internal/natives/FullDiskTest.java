package dev.graft.runtime.internal.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.InputOutputException;
import dev.graft.testkit.FaultyFileSystem;
import dev.graft.testkit.FaultyFileSystem.Fault;
import dev.graft.words.Remedy;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileStoreAttributeView;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Unpacking CUDA to a disk that fails at every operation in turn, or is full. */
class FullDiskTest {

  private static final List<String> NAMES = List.of("libcudart.so.12", "libcudnn.so.9");

  @TempDir private Path folder;

  private CudaJar jar;

  @BeforeEach
  void makeJar() throws IOException {
    Path file = folder.resolve("cuda.jar");
    try (OutputStream bytes = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (String name : NAMES) {
        zip.putNextEntry(new ZipEntry("org/bytedeco/cuda/linux-x86_64/" + name));
        zip.write(content(name));
      }
    }
    jar = CudaJar.find(new URLClassLoader(new URL[] {file.toUri().toURL()}, null)).orElseThrow();
  }

  private static byte[] content(String name) {
    return name.repeat(100).getBytes(StandardCharsets.UTF_8);
  }

  private static List<Path> unpack(CudaJar jar, Path to) {
    return new Unpacking(to, sentence -> {}).files(jar);
  }

  /** What has a library's name is that library, and the next call goes on behind it. */
  @ParameterizedTest
  @EnumSource(Fault.class)
  void nothingEverHasALibrarysNameThatIsNotWhole(Fault fault) throws IOException {
    FaultyFileSystem sound = new FaultyFileSystem(0, Fault.ONCE);
    assertThat(unpack(jar, sound.wrap(folder.resolve("sound")))).hasSize(NAMES.size());
    int operations = sound.operations();
    assertThat(operations).isGreaterThan(4 * NAMES.size());
    int failures = 0;
    for (int failing = 1; failing <= operations; failing++) {
      Path to = folder.resolve(fault + "-" + failing);
      try {
        List<Path> unused = unpack(jar, new FaultyFileSystem(failing, fault).wrap(to));
      } catch (InputOutputException e) {
        failures++;
        assertThat(e).hasMessageContaining(jar.digest()).hasMessageContaining("injected");
        assertThat(e.remedies()).containsExactly(Remedy.CUDA_FOLDER);
      }
      checkWhole(to);
      assertThat(unpack(jar, to)).hasSize(NAMES.size());
      checkWhole(to);
      try (Stream<Path> all = Files.list(to.resolve(jar.digest()))) {
        assertThat(all.map(each -> each.getFileName().toString()))
            .containsExactlyInAnyOrder(".lock", NAMES.get(0), NAMES.get(1));
      }
    }
    assertThat(failures).isGreaterThan(NAMES.size());
  }

  private void checkWhole(Path to) throws IOException {
    for (String name : NAMES) {
      Path file = to.resolve(jar.digest()).resolve(name);
      if (Files.exists(file)) {
        assertThat(file).hasBinaryContent(content(name));
      }
    }
  }

  @Test
  void aDiskWithTooLittleRoomIsRefusedBeforehand() {
    FaultyFileSystem small =
        new FaultyFileSystem(0, Fault.ONCE) {
          @Override
          public FileStore getFileStore(Path path) {
            return new SmallDisk();
          }
        };
    assertThatThrownBy(() -> unpack(jar, small.wrap(folder.resolve("small"))))
        .isInstanceOfSatisfying(
            InputOutputException.class,
            e -> assertThat(e.remedies()).containsExactly(Remedy.CUDA_FOLDER))
        .hasMessageContaining("CUDA's libraries take 0.0 GB more in")
        .hasMessageContaining("where 0.0 GB are free");
    assertThat(folder.resolve("small").resolve(jar.digest()).resolve(NAMES.get(0))).doesNotExist();
  }

  private static final class SmallDisk extends FileStore {
    @Override
    public String name() {
      return "small";
    }

    @Override
    public String type() {
      return "small";
    }

    @Override
    public boolean isReadOnly() {
      return false;
    }

    @Override
    public long getTotalSpace() {
      return 10;
    }

    @Override
    public long getUsableSpace() {
      return 10;
    }

    @Override
    public long getUnallocatedSpace() {
      return 10;
    }

    @Override
    public boolean supportsFileAttributeView(Class<? extends FileAttributeView> type) {
      return false;
    }

    @Override
    public boolean supportsFileAttributeView(String name) {
      return false;
    }

    @Override
    public <V extends FileStoreAttributeView> V getFileStoreAttributeView(Class<V> type) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Object getAttribute(String attribute) {
      throw new UnsupportedOperationException();
    }
  }
}
