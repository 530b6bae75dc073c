package dev.graft.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.error.InputOutputException;
import dev.graft.model.Model;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.ChildJava;
import dev.graft.testkit.FaultyFileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever fails and whenever the process dies, a base folder holds whole versions only. */
@Tag("slow")
class WholeOrNotAtAllTest {

  private static TensorFlowRuntime runtime;

  @TempDir Path folder;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    assertThat(runtime.openHandles()).isEmpty();
    runtime.close();
  }

  /** Without pictures, so that it is quick. */
  static Model model() {
    return PictureModel.of(-1).toBuilder().inputs(List.of()).build();
  }

  @ParameterizedTest
  @EnumSource
  void everyFileOperationMayFail(FaultyFileSystem.Fault fault) throws IOException {
    Path base = folder.resolve("base");
    Version first = Exporter.publish(runtime, model(), base);
    Map<String, Long> whole = files(first.path());
    FaultyFileSystem counting = new FaultyFileSystem(0, fault);
    Exporter.publish(runtime, model(), counting.wrap(base));
    assertThat(counting.operations()).isGreaterThan(40);
    int versions = 2;
    int refused = 0;
    for (int i = 1; i <= counting.operations(); i++) {
      int published = 0;
      try {
        Exporter.publish(runtime, model(), new FaultyFileSystem(i, fault).wrap(base));
        published = 1;
      } catch (InputOutputException e) {
        assertThat(e).hasMessageContaining("injected");
        refused++;
      }
      List<Path> now = versions(base);
      assertThat(now.size())
          .as("versions after operation %s: whoever is told of a failure publishes again", i)
          .isEqualTo(versions + published);
      for (Path version : now) {
        assertThat(files(version)).as("version %s after operation %s", version, i).isEqualTo(whole);
      }
      if (now.size() > versions) {
        load(now.get(now.size() - 1));
      }
      versions = now.size();
    }
    assertThat(refused).isGreaterThan(counting.operations() / 2);
    Exporter.publish(runtime, model(), base);
    try (Stream<Path> all = Files.list(base)) { // and nothing but versions is left over
      assertThat(all.filter(path -> !path.getFileName().toString().matches("\\d+"))).isEmpty();
    }
  }

  @Test
  void aProcessKilledAtAnyMomentLeavesWholeVersions() throws Exception {
    Random random = new Random();
    Path base = folder.resolve("base");
    Map<String, Long> whole = files(Exporter.publish(runtime, model(), base).path());
    for (int i = 0; i < 3; i++) {
      Process child =
          ChildJava.running(WholeOrNotAtAllTest.class, base.toString())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("child.log").toFile())
              .start();
      int before = versions(base).size();
      long limit = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
      while (versions(base).size() == before && child.isAlive() && System.nanoTime() < limit) {
        Thread.sleep(5);
      }
      assertThat(versions(base))
          .as(Files.readString(folder.resolve("child.log")))
          .hasSizeGreaterThan(before);
      Thread.sleep(random.nextInt(400));
      child.destroyForcibly().waitFor();
      List<Path> now = versions(base);
      for (Path version : now) {
        assertThat(files(version)).isEqualTo(whole);
      }
      load(now.get(now.size() - 1));
    }
    Exporter.publish(runtime, model(), base);
    try (Stream<Path> all = Files.list(base)) {
      assertThat(all.filter(path -> !path.getFileName().toString().matches("\\d+"))).isEmpty();
    }
  }

  /** The process that is killed: publishes until it dies. */
  public static void main(String[] arguments) {
    try (TensorFlowRuntime own = TensorFlowRuntime.open()) {
      while (true) {
        Exporter.publish(own, model(), Path.of(arguments[0]));
      }
    }
  }

  private static List<Path> versions(Path base) throws IOException {
    List<Path> versions = new ArrayList<>();
    try (Stream<Path> all = Files.list(base)) {
      all.filter(path -> path.getFileName().toString().matches("\\d+"))
          .sorted((a, b) -> Long.compare(number(a), number(b)))
          .forEach(versions::add);
    }
    return versions;
  }

  private static long number(Path version) {
    return Long.parseLong(version.getFileName().toString());
  }

  /** All files of a version with their sizes. */
  private static Map<String, Long> files(Path version) throws IOException {
    Map<String, Long> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(version)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(version.relativize(file).toString(), Files.size(file));
      }
    }
    return files;
  }

  private static void load(Path version) {
    try (SavedModelSession session = runtime.loadSavedModel(version, Set.of("serve"))) {
      TensorValue image = TensorValue.of(Shape.of(1, 8, 8, 3), new float[192]);
      assertThat(session.call("serving_default", Map.of("image", image))).containsKey("scores");
    }
  }
}
