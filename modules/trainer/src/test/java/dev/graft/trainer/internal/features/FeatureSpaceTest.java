package dev.graft.trainer.internal.features;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.TensorRef;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.RowSink;
import dev.graft.tensor.Rows;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files for features that are being used. */
class FeatureSpaceTest {

  private static final TensorRef TENSOR = TensorRef.of("features");

  @TempDir private Path dir;

  private static Path used(Path store) {
    RuntimeOptions options = RuntimeOptions.defaults();
    try (TensorFlowRuntime runtime =
        TensorFlowRuntime.open(options.features(options.features().in(store)))) {
      Path folder = Room.of(runtime).folder();
      try (FeatureSpace space = FeatureSpace.of(Set.of(TENSOR), folder)) {
        RowSink rows = space.rows(TENSOR, 2);
        rows.put(TensorValue.of(Shape.of(2, 1), new float[] {3, 4}), new int[] {1, 0});
        assertThat(rows.table().range(0, 2, Rows.NOTHING).floats()).containsExactly(4, 3);
      }
      return folder;
    }
  }

  @Test
  void theyLieBesideWhatIsKept() throws IOException {
    Path store = dir.resolve("features");
    assertThat(used(store)).isEqualTo(store);
    Path link = Files.createSymbolicLink(dir.resolve("link"), store);
    assertThat(used(link)).isEqualTo(link);
    assertThat(store).isEmptyDirectory();
  }

  /** A place that cannot be written to costs what is kept for other runs, not this one. */
  @Test
  void whereNothingCanBeKeptTheyLieWithTemporaryFiles() throws IOException {
    Path file = Files.writeString(dir.resolve("file"), "");
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    assertThat(used(file.resolve("features"))).isEqualTo(temporary);
  }
}
