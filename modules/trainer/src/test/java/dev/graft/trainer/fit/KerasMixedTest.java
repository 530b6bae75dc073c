package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.model.Labels;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Golden;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.graph.LayersInTraining;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Objectives;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Steps in bfloat16 and float16 beside Keras' under mixed_bfloat16 and mixed_float16, from the same
 * float32 weights: tools/parity/mixed.py says what is in the file. On the CPU, by the pass that
 * GPUs are meant for.
 */
@Tag("slow")
class KerasMixedTest {

  private static final double RATE = 0.05;
  private static final Golden KERAS = Golden.read(Checkout.path("testdata/parity/mixed.pb"));

  /**
   * How many roundings two computations may be apart that round in other places: some twenty ops in
   * a row are on the longest way to the loss and back, and their errors add up like a walk, not
   * like a sum.
   */
  private static final double ROUNDINGS = 4;

  /**
   * How many of what a variable moved by. Gradients of biases are sums of up to 84 numbers (12
   * examples of 7 words), and some processors, such as those with AVX512_FP16, round after each.
   */
  private static final double SUMMED = 9;

  /**
   * The same of all gradients of mobilenetv2_mini in float16. On such processors oneDNN's
   * convolutions add up sums of up to 192 numbers (12 pictures of 4 x 4 cells) in float16, three in
   * a row on the way back; with TF_ENABLE_ONEDNN_OPTS=0 all are within {@link #ROUNDINGS}.
   */
  private static final double SUMMED_IN_A_ROW = 128;

  /** Those without a loop, whose ops the pass leaves as they are. */
  private static final List<String> FEWER_DIGITS =
      List.of(
          "dense_compiled",
          "cnn_bn",
          "transformer_encoder_masked",
          "mobilenetv2_mini",
          "embedding_mean",
          "multi_io");

  private static final Set<String> WITH_BATCH_NORM = Set.of("cnn_bn", "mobilenetv2_mini");
  private static final Set<String> TWO_LABELS = Set.of("lstm", "gru");

  @TempDir private static Path folder;

  static Stream<Arguments> cases() {
    return Stream.of(
            "dense_compiled",
            "cnn_bn",
            "transformer_encoder_masked",
            "lstm",
            "gru",
            "mobilenetv2_mini",
            "embedding_mean",
            "multi_io")
        .flatMap(
            name ->
                Stream.of(
                    Arguments.of(name, Precision.FLOAT32),
                    Arguments.of(name, Precision.BFLOAT16),
                    Arguments.of(name, Precision.FLOAT16)));
  }

  /** Half of the distance of two neighbours, of a number of the size of 1. */
  private static double rounding(Precision precision) {
    return switch (precision) {
      case BFLOAT16 -> 0x1p-8;
      case FLOAT16 -> 0x1p-11;
      default -> 1e-6;
    };
  }

  /** Keras' own. */
  private static double rate(String name) {
    String key = name + "/rate";
    return KERAS.has(key) ? KERAS.value(key).asDoubles()[0] : RATE;
  }

  /** How far of its way a variable may be off. */
  private static double off(String name, String variable, Precision precision) {
    double count = ROUNDINGS;
    if (precision == Precision.FLOAT16 && name.equals("mobilenetv2_mini")) {
      count = SUMMED_IN_A_ROW;
    } else if (precision != Precision.FLOAT32 && variable.endsWith("/bias")) {
      count = SUMMED;
    }
    return count * rounding(precision);
  }

  private static String policy(Precision precision) {
    return precision == Precision.FLOAT32 ? "float32" : "mixed_" + precision.words();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void lossesAndWeightsAreKeras(String name, Precision precision) {
    String key = name + "/" + policy(precision) + "/";
    double[] losses = KERAS.value(key + "loss").asDoubles();
    double tolerance = ROUNDINGS * rounding(precision);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        TrainingLoop loop =
            TrainingLoop.open(runtime, setup(name).in(precision), Optional.empty())) {
      for (int step = 0; step < losses.length; step++) {
        assertThat(loop.step(rate(name)))
            .as("step %d", step)
            .isCloseTo(losses[step], within(tolerance * Math.max(1, losses[step])));
      }
      Map<String, TensorValue> values = loop.state().values();
      Map<String, TensorValue> wanted = KERAS.under(key + "after/");
      assertThat(wanted).isNotEmpty();
      wanted.forEach(
          (variable, value) ->
              assertMoved(name, variable, value, values, off(name, variable, precision)));
    }
  }

  /**
   * A variable is held against how far it came: roundings of its gradient add up over the steps as
   * that does. Where rounding decides more (which of two numbers a pooling takes, a bias whose
   * gradient is nothing but rounding), Keras itself tells how much: Graft may be three times as far
   * from it as it is from Keras in float32.
   */
  private static void assertMoved(
      String name,
      String variable,
      TensorValue wanted,
      Map<String, TensorValue> values,
      double tolerance) {
    double[] start = KERAS.value(name + "/before/" + variable).asDoubles();
    double[] exact = KERAS.value(name + "/float32/after/" + variable).asDoubles();
    double[] theirs = wanted.asDoubles();
    double[] ours = values.containsKey(variable) ? values.get(variable).asDoubles() : start;
    double bar =
        Math.max(
            tolerance * FineTuneFixture.largest(theirs, start),
            3 * FineTuneFixture.largest(theirs, exact));
    assertThat(FineTuneFixture.largest(ours, theirs))
        .as("%s, which Keras moved by %.2e", variable, FineTuneFixture.largest(theirs, start))
        .isLessThanOrEqualTo(bar + 1e-7);
  }

  /** Else the test above would hold of a pass that does nothing. */
  @Test
  void fewerDigitsAreSeenInTheLoss() {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      for (String name : FEWER_DIGITS) {
        List<Double> first = new ArrayList<>();
        for (Precision each : List.of(Precision.FLOAT32, Precision.BFLOAT16, Precision.FLOAT16)) {
          try (TrainingLoop loop =
              TrainingLoop.open(runtime, setup(name).in(each), Optional.empty())) {
            first.add(loop.step(0));
          }
        }
        assertThat(first).as(name).doesNotHaveDuplicates();
      }
    }
  }

  private static LoopSetup setup(String name) {
    Labels labels = Labels.of(List.of("a", "b", "c").subList(0, TWO_LABELS.contains(name) ? 2 : 3));
    Model model = AsSaved.model(saved(name), labels);
    Dataset data = data(name, model, labels);
    Task task = Task.of(model, data, Objectives.usual());
    Stage stage =
        AsSaved.stage(task, AsSaved.momentum(rate(name), data.size())).layers(layers(name, task));
    assertThat(stage.training()).allMatch(variable -> variable.dtype() == DType.FLOAT32);
    return LoopSetup.of(task, stage, new CachedFeatures.Part(data, data));
  }

  private static Path saved(String name) {
    if (!name.equals("gru")) {
      return Zoo.model("keras2/" + name).savedModel();
    }
    Path unpacked = folder.resolve(name);
    return Files.exists(unpacked) ? unpacked : Zoo.unpacked(name, folder);
  }

  /** As Keras had it; a second answer is a number. */
  private static Dataset data(String name, Model model, Labels labels) {
    Answers answers = Answers.oneOf(labels, KERAS.value(name + "/labels").ints());
    if (model.heads().size() == 1) {
      return Dataset.of(Map.of(model.inputs().get(0).name(), KERAS.value(name + "/x")), answers);
    }
    Answers numbers = Answers.numbers(KERAS.value(name + "/numbers"));
    return Dataset.of(
        KERAS.under(name + "/x/"), Map.of("logits", answers, model.heads().get(1).name(), numbers));
  }

  /** BatchNorm learns by the batch; what would draw random numbers behaves as in inference. */
  private static List<Layer> layers(String name, Task task) {
    return WITH_BATCH_NORM.contains(name)
        ? LayersInTraining.of(
                task.model(),
                task.inputs().graph(),
                task.inputs().tensors(),
                task.logits(),
                task.model().trainableVariables(),
                true)
            .layers()
        : List.of();
  }
}
