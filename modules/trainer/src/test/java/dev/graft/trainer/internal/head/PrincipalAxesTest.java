package dev.graft.trainer.internal.head;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.loss.Objective;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The best head along the principal axes of features is the best head for the features. */
class PrincipalAxesTest {

  private static final int COUNT = 60;
  private static final int WIDTH = 150;
  private static final int LABELS = 4;

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Of three causes, with some noise, around 3; the last two examples are the same. */
  private static FeatureSlices features(int count, int width) {
    Random random = new Random(5);
    float[] rule = new float[3 * width];
    for (int i = 0; i < rule.length; i++) {
      rule[i] = (float) random.nextGaussian();
    }
    float[] x = new float[count * width];
    for (int i = 0; i < count; i++) {
      double[] causes = random.doubles(3).toArray();
      for (int j = 0; j < width; j++) {
        double sum = 3 + 0.2 * random.nextGaussian();
        for (int cause = 0; cause < 3; cause++) {
          sum += causes[cause] * rule[cause * width + j];
        }
        x[i * width + j] = (float) sum;
      }
    }
    if (count > 1) {
      System.arraycopy(x, (count - 2) * width, x, (count - 1) * width, width);
    }
    return new FeatureSlices(RowTable.of(TensorValue.of(Shape.of(count, width), x)), count);
  }

  private static HeadSolver.Aim aim() {
    Random random = new Random(6);
    int[] labels = random.ints(COUNT, 0, LABELS).toArray();
    return new HeadSolver.Aim(
        TensorValue.of(Shape.of(COUNT), labels),
        Objective.crossEntropy(),
        LABELS,
        new HeadSolver.Range(new float[LABELS], 1));
  }

  @Test
  void theHeadIsTheSameOne() {
    FeatureSlices features = features(COUNT, WIDTH);
    Standardization standard = Standardization.of(features);
    PrincipalAxes axes = PrincipalAxes.of(runtime, features, standard).orElseThrow();
    assertThat(axes.places().width()).as("the mean is gone, and one is there twice").isEqualTo(58);
    double[] strengths = {1e-2, 1e-1, 1};
    double[] equal = new double[COUNT];
    Arrays.fill(equal, 1.0 / COUNT);
    List<double[]> weights = List.of(equal, equal, equal);
    HeadSolver.Heads before =
        new HeadSolver(runtime, features, standard, aim()).solve(weights, strengths, () -> {});
    HeadSolver.Heads after =
        new HeadSolver(runtime, axes, aim()).solve(weights, strengths, () -> {});
    assertThat(after.settled()).containsExactly(true, true, true);
    for (int k = 0; k < strengths.length; k++) {
      assertThat(axes.kernel(after.kernels().get(k)).asDoubles())
          .as("L2 strength " + strengths[k])
          .usingComparatorWithPrecision(3e-2)
          .containsExactly(before.kernels().get(k).asDoubles());
      int column = k;
      double[] own =
          IntStream.range(0, COUNT).mapToDouble(i -> after.losses()[i][column]).toArray();
      double[] was =
          IntStream.range(0, COUNT).mapToDouble(i -> before.losses()[i][column]).toArray();
      assertThat(own).usingComparatorWithPrecision(1e-2).containsExactly(was);
      assertThat(total(after, k, strengths[k]))
          .as("what is made small, with L2 strength " + strengths[k])
          .isLessThan(total(before, k, strengths[k]) + 1e-5);
    }
  }

  /** The mean loss and the penalty. */
  private static double total(HeadSolver.Heads heads, int k, double strength) {
    double loss =
        Arrays.stream(heads.losses()).mapToDouble(each -> each[k]).average().orElseThrow();
    double squares =
        Arrays.stream(heads.kernels().get(k).asDoubles()).map(each -> each * each).sum();
    return loss + strength / 2 * squares;
  }

  /** A place along the axes, times the axes, is the standardised example again. */
  @Test
  void theAxesStandAtRightAngles() {
    FeatureSlices features = features(COUNT, WIDTH);
    Standardization standard = Standardization.of(features);
    PrincipalAxes axes = PrincipalAxes.of(runtime, features, standard).orElseThrow();
    int count = axes.places().width();
    float[] unit = new float[count * count];
    for (int i = 0; i < count; i++) {
      unit[i * count + i] = 1;
    }
    double[] table = axes.kernel(TensorValue.of(Shape.of(count, count), unit)).asDoubles();
    float[] raw = features.read(0, COUNT).floats();
    float[] places = axes.places().read(0, COUNT).floats();
    for (int i = 0; i < COUNT; i++) {
      for (int j = 0; j < WIDTH; j++) {
        double sum = 0;
        for (int axis = 0; axis < count; axis++) {
          sum += places[i * count + axis] * table[j * count + axis];
        }
        double wanted = (raw[i * WIDTH + j] - standard.mean()[j]) * standard.scale()[j];
        assertThat(sum).isCloseTo(wanted, Offset.offset(1e-4));
      }
    }
  }

  @Test
  void theyAreNotLookedForWhereTheySaveNothing() {
    for (FeatureSlices features :
        List.of(
            features(COUNT, COUNT - 1), // more examples than features
            features(513, 600), // they would take long
            features(1, WIDTH))) { // nothing varies
      Standardization standard = Standardization.of(features);
      assertThat(PrincipalAxes.of(runtime, features, standard)).isEqualTo(Optional.empty());
    }
  }
}
