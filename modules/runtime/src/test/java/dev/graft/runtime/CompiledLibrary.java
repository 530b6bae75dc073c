package dev.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Libraries of C that answer what a test says, in the place of those that come with a driver. */
public final class CompiledLibrary {

  private CompiledLibrary() {}

  /** Compiles one; the test is passed over where there is no compiler. */
  public static void compile(Path folder, String name, String source) throws Exception {
    Optional<Path> compiler =
        Stream.of("/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang")
            .map(Path::of)
            .filter(Files::isExecutable)
            .findFirst();
    assumeTrue(compiler.isPresent(), "there is no compiler of C");
    Path file = Files.writeString(folder.resolve(name + ".c"), source);
    List<String> command =
        List.of(
            compiler.orElseThrow().toString(),
            "-shared",
            "-fPIC",
            "-o",
            folder.resolve(name).toString(),
            file.toString());
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  /** What {@code main} prints in a process that finds the libraries in {@code folder} first. */
  public static String said(Path folder, Class<?> main) throws Exception {
    ProcessBuilder builder = OwnProcess.running(main);
    builder.command().add(1, "-Djna.library.path=" + folder);
    Path said = folder.resolve("said");
    Process child = builder.redirectErrorStream(true).redirectOutput(said.toFile()).start();
    assertThat(child.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return Files.readString(said);
  }
}
