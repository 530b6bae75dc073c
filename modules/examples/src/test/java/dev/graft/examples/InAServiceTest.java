package dev.graft.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.job.JobResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole job from Java, and once more after its report was lost. */
class InAServiceTest {

  private static final Path SHAPES =
      Path.of(System.getProperty("graft.root"), "testdata/examples/shapes");

  @TempDir private Path dir;

  @Test
  void aServiceHasWhatTheCommandHas() throws IOException {
    List<String> told = new ArrayList<>();
    Path out = dir.resolve("serving");
    JobResult result =
        InAService.teach(
            SHAPES.resolve("model"),
            SHAPES.resolve("painted"),
            out,
            dir.resolve("runs"),
            told::add);
    assertThat(result.score().value()).isGreaterThan(0.5);
    assertThat(told).last().isEqualTo("published as " + out.resolve("1"));
    Files.delete(result.report());
    assertThat(InAService.goOn(result.folder()).version()).isEqualTo(out.resolve("1"));
  }
}
