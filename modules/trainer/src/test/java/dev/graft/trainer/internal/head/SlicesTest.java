package dev.graft.trainer.internal.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.graft.error.ExhaustedException;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.FileRows;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.Rows;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.fit.Trainer;
import dev.graft.trainer.loss.Objective;
import dev.graft.words.Remedy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A head is the same wherever its features are, and however many of them are read at a time. */
class SlicesTest {

  private static final int COUNT = 203;
  private static final int WIDTH = 12;
  private static final int LABELS = 3;

  @TempDir private Path folder;

  /** Around 7, so that the mean counts. */
  private static TensorValue features() {
    Random random = new Random(4);
    float[] x = new float[COUNT * WIDTH];
    for (int i = 0; i < x.length; i++) {
      x[i] = 7 + (i % WIDTH) * (float) random.nextGaussian();
    }
    return TensorValue.of(Shape.of(COUNT, WIDTH), x);
  }

  private static HeadSolver.Heads solve(TensorFlowRuntime runtime, FeatureSlices features) {
    return solve(runtime, features, () -> {});
  }

  private static HeadSolver.Heads solve(
      TensorFlowRuntime runtime, FeatureSlices features, Runnable beforeEach) {
    float[] x = features().floats();
    int[] labels =
        IntStream.range(0, COUNT).map(i -> (int) Math.abs(x[i * WIDTH + 3]) % 3).toArray();
    double[] equal = new double[COUNT];
    double[] half = new double[COUNT];
    Arrays.fill(equal, 1.0 / COUNT);
    Arrays.fill(half, 0, COUNT / 2, 2.0 / COUNT);
    HeadSolver.Aim aim =
        new HeadSolver.Aim(
            TensorValue.of(Shape.of(COUNT), labels),
            Objective.crossEntropy(),
            LABELS,
            new HeadSolver.Range(new float[LABELS], 1));
    return new HeadSolver(runtime, features, Standardization.of(features), aim)
        .solve(List.of(equal, half), new double[] {1e-2, 1e-1}, beforeEach);
  }

  /** As nearly as the search goes to the minimum: sums of slices are rounded otherwise. */
  @Test
  void theHeadIsTheSame() throws IOException {
    TensorValue all = features();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        FileRows file = new FileRows(folder)) {
      int[] places = IntStream.range(0, COUNT).map(i -> COUNT - 1 - i).toArray();
      file.put(Rows.of(all, places), places);
      HeadSolver.Heads once = solve(runtime, new FeatureSlices(RowTable.of(all), COUNT));
      for (RowTable rows : List.of(RowTable.of(all), file)) {
        FeatureSlices few = new FeatureSlices(rows, COUNT, 10 * WIDTH);
        assertThat(few.rows()).isEqualTo(10);
        HeadSolver.Heads sliced = solve(runtime, few);
        assertThat(sliced.settled()).containsExactly(true, true);
        for (int k = 0; k < 2; k++) {
          assertThat(sliced.kernels().get(k).asDoubles())
              .usingComparatorWithPrecision(5e-3)
              .containsExactly(once.kernels().get(k).asDoubles());
          for (int i = 0; i < COUNT; i++) {
            assertThat(sliced.losses()[i][k]).isCloseTo(once.losses()[i][k], within(1e-2));
          }
        }
      }
    }
  }

  /** What TensorFlow says when it has no memory, at the first iteration. */
  @Test
  void whatTheHeadHasNoRoomForIsSaidInWords() {
    Runnable exhausted =
        () -> {
          throw new ExhaustedException("OOM when allocating a tensor");
        };
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      FeatureSlices all = new FeatureSlices(RowTable.of(features()), COUNT);
      assertThatThrownBy(() -> solve(runtime, all, exhausted))
          .isInstanceOf(ExhaustedException.class)
          .hasMessageContainingAll("12 features and 3 outputs", "OOM", "pool", "hidden layer")
          .extracting(e -> ((ExhaustedException) e).remedies())
          .isEqualTo(List.of(Remedy.POOL_ALL, Remedy.HIDDEN_LAYER));
    }
  }

  @Test
  void standardisedInSlicesTheyAreTheSame() {
    TensorValue all = features();
    Standardization whole = Standardization.of(new FeatureSlices(RowTable.of(all), COUNT));
    Standardization sliced =
        Standardization.of(new FeatureSlices(RowTable.of(all), COUNT, 7 * WIDTH));
    assertThat(sliced.mean()).containsExactly(whole.mean());
    assertThat(sliced.scale()).containsExactly(whole.scale());
    double[] x = all.asDoubles();
    double mean = IntStream.range(0, COUNT).mapToDouble(i -> x[i * WIDTH + 5]).average().orElse(0);
    assertThat(whole.mean()[5]).isCloseTo(mean, within(1e-12));
  }

  /** With no memory for features at all. */
  @Test
  void whatMemoryHasNoRoomForGoesThroughAFileThatIsGoneAfterwards() throws IOException {
    Run once = train(new RuntimeOptions.Features(0.5, Optional.empty()));
    Path store = folder.resolve("features");
    Run filed = train(new RuntimeOptions.Features(0, Optional.of(store)));
    assertThat(filed.decisions()).anyMatch(each -> each.contains("read from a file"));
    assertThat(once.decisions()).noneMatch(each -> each.contains("read from a file"));
    assertThat(filed.validation().loss()).isCloseTo(once.validation().loss(), within(1e-6));
    try (Stream<Path> left = Files.list(store)) {
      assertThat(left).allMatch(Files::isDirectory);
    }
    Run again = train(new RuntimeOptions.Features(0, Optional.of(store)));
    assertThat(again.features().computed()).isZero();
    assertThat(again.validation().loss()).isEqualTo(filed.validation().loss());
  }

  private static Run train(RuntimeOptions.Features features) {
    RuntimeOptions options = RuntimeOptions.defaults().features(features);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(options)) {
      return Trainer.fit(
          runtime,
          SmallTraining.MODEL,
          SmallTraining.BLOCKS,
          SmallTraining.parts(),
          TrainOptions.by(Recipe.headOnly()));
    }
  }
}
