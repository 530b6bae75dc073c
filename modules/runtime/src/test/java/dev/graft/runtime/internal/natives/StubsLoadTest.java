package dev.graft.runtime.internal.natives;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import dev.graft.runtime.OwnProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The system's own loader with libraries that do nothing, in a process of its own: each of them
 * needs the one before it by name, so that in another order it would not load.
 */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class StubsLoadTest {

  @TempDir private Path folder;

  /** What the process says on standard output, or on standard error if it failed. */
  private String run(String what) throws Exception {
    ProcessBuilder builder = OwnProcess.running(StubsLoadTest.class, folder.toString(), what);
    builder.environment().remove("LD_LIBRARY_PATH");
    Path said = folder.resolve("said");
    Path failure = folder.resolve("failure");
    Process child = builder.redirectError(failure.toFile()).redirectOutput(said.toFile()).start();
    assertThat(child.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return Files.readString(child.exitValue() == 0 ? said : failure);
  }

  @Test
  void fromAJarEachIsFoundByItsName() throws Exception {
    assertThat(run("jar")).isEqualTo("JAR 17 libcublas.so.12 libcudnn.so.9 as it should be\n");
  }

  @Test
  void inAnotherOrderTheyDoNotLoad() throws Exception {
    assertThat(run("other order")).contains("UnsatisfiedLinkError", "libcudart.so.12");
  }

  @Test
  void ofCuda13EachIsFoundByTheNameOfCuda12() throws Exception {
    assertThat(run("13")).isEqualTo("SYSTEM 21 libcublas.so.12 libcudnn.so.9 as it should be\n");
  }

  /** Who opens it finds the functions of what it needs. */
  @Test
  void aForwarderLeadsToTheFunctionsOfAnother() throws IOException {
    Path file = new Forwarder("libarithmetic.so.7", List.of("libm.so.6")).in(folder);
    try (NativeLibrary library = NativeLibrary.getInstance(file.toString())) {
      Function cosine = library.getFunction("cos");
      assertThat(cosine.invokeDouble(new Object[] {0.0})).isEqualTo(1.0);
    }
    Object before = Files.getLastModifiedTime(file);
    assertThat(new Forwarder("libarithmetic.so.7", List.of("libm.so.6")).in(folder))
        .isEqualTo(file);
    assertThat(Files.getLastModifiedTime(file)).isEqualTo(before);
  }

  /** The process. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Path jar = StubCuda.jar(folder.resolve("cuda.jar"), StubCuda.libraries(12));
    List<Path> installed =
        arguments[1].equals("13")
            ? List.of(StubCuda.installed(folder.resolve("cuda-13"), 13, 14, "cudart"))
            : List.of();
    Consumer<Path> loader = file -> System.load(file.toString());
    if (arguments[1].equals("other order")) {
      List<Path> files =
          new ArrayList<>(new Unpacking(folder, System.out::println).files(StubCuda.found(jar)));
      loader.accept(files.get(1));
    }
    Cuda cuda =
        new NativeLibraries(StubCuda.classes(jar), installed, () -> 13_000, loader, folder)
            .load(false);
    System.out.print(cuda.origin() + " " + cuda.files().size());
    for (String name : List.of("libcublas.so.12", "libcudnn.so.9")) {
      NativeLibrary.getInstance(name).close(); // fails where it is not found
      System.out.print(" " + name);
    }
    System.out.println(" as it should be");
  }
}
