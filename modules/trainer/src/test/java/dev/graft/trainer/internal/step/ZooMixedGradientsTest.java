package dev.graft.trainer.internal.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import dev.graft.trainer.internal.mixed.MixedForm;
import dev.graft.trainer.optimizer.Gradients;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Loss and gradients of each model of the zoo, by a graph that multiplies in fewer digits, beside
 * those that TensorFlow gave in float32; and by the same pass in float32, which changes no bit.
 */
@Tag("nightly")
class ZooMixedGradientsTest {

  /** A gradient that only Python knew, and the file does not hold. */
  private static final String BLOCKED = "custom_gradient_unsaved";

  /** MaxPool3D has a kernel in float16 for GPUs, and none for CPUs. */
  private static final Set<String> NOT_IN_HALVES = Set.of("pooling_all", "conv3d");

  private static TensorFlowRuntime runtime;

  /** Without fused kernels, which TensorFlow finds by the order of its nodes. */
  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open(RuntimeOptions.defaults().fusion(false));
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static Stream<ZooModel> models() {
    return Zoo.models(
        zoo ->
            zoo.vintage().startsWith("keras2")
                && "session".equals(zoo.facts().cases().get(0).loader())
                && !BLOCKED.equals(zoo.facts().name())
                && !zoo.golden().under(zoo.facts().cases().get(0).name() + "/grad/").isEmpty())
        .stream();
  }

  /** The loss and the gradients of all variables that have some, in those dtypes or as it is. */
  private static List<TensorValue> in(List<DType> dtypes, ZooModel zoo, ZooLoss step) {
    GraphEditor editor = step.graph().edit();
    TensorRef root = step.loss();
    for (DType low : dtypes) {
      List<String> ends = List.of(step.loss().node());
      root =
          MixedForm.add(editor, step.feeds().keySet(), step.answers(), ends, low).of(step.loss());
    }
    StepGradients gradients = StepGradients.of(editor.build(), root, step.training(zoo));
    GraphEditor more = gradients.graph().edit();
    Scope g = new Scope(more, more.uniqueName("test/gradients"));
    List<TensorRef> fetches = new ArrayList<>(List.of(root));
    gradients
        .gradients()
        .forEach(
            (variable, gradient) -> {
              assertThat(more.dtype(Gradients.numbers(gradient)))
                  .as("the gradient of %s", variable.name())
                  .isEqualTo(variable.dtype().proto());
              fetches.add(Gradients.dense(g, gradient));
            });
    Model extended = step.model().toBuilder().graph(more.build()).build();
    try (ModelSession session = runtime.open(extended)) {
      return session.graph().run(step.feeds(), fetches, List.of());
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void gradientsAreThoseOfFloat32UpToTheDigits(ZooModel zoo) {
    ZooLoss step = ZooLoss.of(zoo);
    List<TensorValue> exact = in(List.of(), zoo, step);
    List<TensorValue> same = in(List.of(DType.FLOAT32), zoo, step);
    for (int i = 0; i < exact.size(); i++) {
      assertThat(same.get(i).bytes()).as("the pass in float32").isEqualTo(exact.get(i).bytes());
    }
    assertClose(zoo + " in bfloat16", in(List.of(DType.BFLOAT16), zoo, step), exact, 0.1);
    if (!NOT_IN_HALVES.contains(zoo.facts().name())) {
      assertClose(zoo + " in float16", in(List.of(DType.FLOAT16), zoo, step), exact, 0.02);
    }
  }

  /** All gradients together, by length: that of one variable may be nothing but rounding. */
  private static void assertClose(
      String what, List<TensorValue> given, List<TensorValue> exact, double tolerance) {
    double off = 0;
    double all = 0;
    for (int i = 1; i < exact.size(); i++) {
      double[] theirs = exact.get(i).asDoubles();
      double[] ours = given.get(i).asDoubles();
      for (int j = 0; j < theirs.length; j++) {
        off += (ours[j] - theirs[j]) * (ours[j] - theirs[j]);
        all += theirs[j] * theirs[j];
      }
    }
    assertThat(Math.sqrt(off)).as(what).isLessThanOrEqualTo(tolerance * Math.sqrt(all) + 1e-6);
  }
}
