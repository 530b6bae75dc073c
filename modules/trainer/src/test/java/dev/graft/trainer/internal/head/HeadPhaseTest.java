package dev.graft.trainer.internal.head;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.internal.task.HeadGoal;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.loss.Objective;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;

/** What the solver finds for one linear head, wherever the answers lie. */
class HeadPhaseTest {

  private static final int COUNT = 120;
  private static final int WIDTH = 4;
  private static final int UNITS = 5;
  private static final float[] X = new float[COUNT * WIDTH];
  private static final float[] RULE = new float[WIDTH * UNITS];
  private static final float[] NOISE = new float[COUNT * UNITS];

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
    Random random = new Random(3);
    for (float[] each : new float[][] {X, RULE, NOISE}) {
      for (int i = 0; i < each.length; i++) {
        each[i] = (float) random.nextGaussian();
      }
    }
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Such as years and prices: the way there is long, and straight where nothing is penalised. */
  @Test
  void numbersFarFromZeroAreFound() {
    for (Objective objective : new Objective[] {Objective.absoluteError(), Objective.huber()}) {
      for (float center : new float[] {0, 2000, -200_000}) {
        for (double strength : new double[] {0, 1e-4}) {
          String name = objective + " around " + center + " with L2 strength " + strength;
          float[] wanted = wanted(center, 30, 0.2f);
          HeadPhase.Trained found = train(objective, wanted, strength);
          float[] answers = answers(found);
          double error = 0;
          for (int i = 0; i < wanted.length; i++) {
            error += Math.abs(answers[i] - wanted[i]) / wanted.length;
          }
          // the noise that nothing can be learned of: 30 times 0.2 times the mean |x| of a normal x
          assertThat(error).as(name).isLessThan(30 * 0.2 * 0.8);
          assertThat(found.settled()).as(name).isTrue();
        }
      }
    }
  }

  /** The way down is steep at an answer of 0, and flat elsewhere: the first steps are too long. */
  @Test
  void directionsAreFound() {
    for (float center : new float[] {0, 1}) {
      HeadPhase.Trained found = train(Objective.cosine(), wanted(center, 1, 0.1f), 1e-4);
      assertThat(found.heldOutLoss().orElseThrow()).as("around " + center).isLessThan(-0.95);
    }
  }

  @Test
  void aSearchThatWasBrokenOffIsSaid() {
    Lbfgs.Problem bowl =
        (g, given, x) -> g.add("Sum", g.add("Square", g.add("Sub", x, g.scalar(3f))), g.ints(0));
    Shape one = Shape.of(1, 1);
    Lbfgs.Result whole = Lbfgs.minimize(runtime, bowl, one, limits(50));
    Lbfgs.Result part = Lbfgs.minimize(runtime, bowl, one, limits(2));
    assertThat(whole.settled()).containsExactly(true);
    assertThat(part.settled()).containsExactly(false);
    TensorValue none = TensorValue.scalar(0f);
    assertThat(
            new HeadPhase.Trained(
                    none, none, 1e-2, OptionalDouble.of(0.5), true, ImmutableList.of())
                .words(""))
        .isEqualTo("L2 strength 1e-02 had the smallest loss in cross-validation, 0.500");
    assertThat(
            new HeadPhase.Trained(
                    none, none, 1e-2, OptionalDouble.of(0.5), false, ImmutableList.of())
                .words(""))
        .endsWith(
            "cross-validation, 0.500; its head still got better when the search ended, after 300 steps");
  }

  private static Lbfgs.Limits limits(int iterations) {
    return new Lbfgs.Limits(iterations, 1e-4, () -> {});
  }

  /** [COUNT, UNITS]. */
  private static float[] wanted(float center, float spread, float noise) {
    float[] y = new float[COUNT * UNITS];
    for (int i = 0; i < y.length; i++) {
      float sum = 0;
      for (int j = 0; j < WIDTH; j++) {
        sum += X[i / UNITS * WIDTH + j] * RULE[j * UNITS + i % UNITS];
      }
      y[i] = center + spread * (sum + noise * NOISE[i]);
    }
    return y;
  }

  private static float[] answers(HeadPhase.Trained found) {
    float[] kernel = found.kernel().floats();
    float[] y = new float[COUNT * UNITS];
    for (int i = 0; i < y.length; i++) {
      y[i] = found.bias().floats()[i % UNITS];
      for (int j = 0; j < WIDTH; j++) {
        y[i] += X[i / UNITS * WIDTH + j] * kernel[j * UNITS + i % UNITS];
      }
    }
    return y;
  }

  private static HeadPhase.Trained train(Objective objective, float[] wanted, double strength) {
    Dataset data =
        Dataset.of(
            ImmutableMap.of("x", TensorValue.of(Shape.of(COUNT, WIDTH), X)),
            Answers.numbers(TensorValue.of(Shape.of(COUNT, UNITS), wanted)));
    GraphEditor editor = Graph.empty().edit();
    TensorRef any = editor.placeholder("any", DataType.DT_FLOAT, Shape.unknown());
    Head head = new Head("head", Head.Kind.REGRESSION, Optional.empty(), any, any, any, UNITS);
    HeadGoal goal = new HeadGoal(head, "", DataType.DT_FLOAT, objective, 1);
    Pace quiet = new Pace(SmallTraining.NOBODY, Progress.Phase.HEAD, "steps", 1, 1);
    Recipe.HeadSettings settings =
        new Recipe.HeadSettings(ImmutableList.of(strength), 5, 5000, strength, FineTune.head());
    return new HeadPhase(runtime, settings, 1).train(data.input("x"), data, goal, quiet);
  }
}
