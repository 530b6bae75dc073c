package dev.graft.trainer.score;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Dataset;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Rows;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.TensorAssert;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Features come in slices, with memory for all of them or with none. */
class FeatureReaderTest {

  private static final Dataset EXAMPLES = SmallTraining.examples();
  private static final TrainOptions OPTIONS = TrainOptions.by(Recipe.headOnly());

  @TempDir private Path folder;

  private static FeatureReader reader(TensorFlowRuntime runtime) {
    return new FeatureReader(runtime, Precision.FLOAT32);
  }

  @Test
  void slicesThatMemoryHasNoRoomForAreThoseOfTheWhole() throws Exception {
    RuntimeOptions none =
        RuntimeOptions.defaults().features(new RuntimeOptions.Features(0, Optional.of(folder)));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        TensorFlowRuntime small = TensorFlowRuntime.open(none)) {
      TensorValue all = reader(runtime).read(SmallTraining.MODEL, EXAMPLES, OPTIONS);
      assertThat(all.shape().dim(0)).isEqualTo(EXAMPLES.size());
      int[] last = {EXAMPLES.size() - 1};
      TensorValue few =
          reader(runtime).slicesOf(1).read(SmallTraining.MODEL, EXAMPLES, OPTIONS); // in one piece
      TensorAssert.assertThat(Rows.of(few, last)).isIdenticalTo(Rows.of(all, last));
      int row = (int) Rows.rowBytes(all);
      List<TensorValue> slices = new ArrayList<>();
      reader(small).slicesOf(7 * row).read(SmallTraining.MODEL, EXAMPLES, OPTIONS, slices::add);
      assertThat(slices).hasSize((EXAMPLES.size() + 6) / 7);
      TensorAssert.assertThat(Rows.concat(slices)).isIdenticalTo(all);
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.filter(each -> each.toString().endsWith(".tmp"))).isEmpty();
    }
  }
}
