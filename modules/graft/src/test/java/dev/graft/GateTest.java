package dev.graft;

import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.error.GraftException;
import dev.graft.error.RefusedException;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.surgeon.HeadSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.words.Figure;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked for on examples that are no pictures; {@code PhotosTest} has those that are. */
class GateTest {

  private static final int COUNT = 20;
  private static final Labels LABELS = Labels.of("calm", "shaken");

  private static Dataset series(TensorValue values, int... labels) {
    return Dataset.of(Map.of("x", values), TensorValue.of(Shape.of(COUNT), labels), LABELS);
  }

  /** Weights that are no numbers. */
  private static Map<String, TensorValue> nothing(Model model) {
    Map<String, TensorValue> values = new HashMap<>();
    for (Variable variable : model.variables()) {
      if (variable.dtype() == DType.FLOAT32) {
        float[] all = new float[(int) variable.shape().elements()];
        Arrays.fill(all, Float.NaN);
        values.put(variable.name(), TensorValue.of(variable.shape(), all));
      }
    }
    return values;
  }

  @Test
  void namedTensors(@TempDir Path out) {
    float[] values = new float[COUNT * 5 * 3];
    Random random = new Random(7);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    TensorValue x = TensorValue.of(Shape.of(COUNT, 5, 3), values);
    Model model =
        Graft.load(Zoo.model("keras2/lstm").savedModel())
            .with(replaceHead(HeadSpec.singleLabel(LABELS)));
    try (Graft graft = Graft.open()) {
      double[] scores =
          graft.predict(model, series(x, new int[COUNT])).values().iterator().next().asDoubles();
      int[] right = new int[COUNT];
      int[] half = new int[COUNT];
      for (int i = 0; i < COUNT; i++) {
        right[i] = scores[2 * i + 1] > scores[2 * i] ? 1 : 0;
        half[i] = i % 2 == 0 ? right[i] : 1 - right[i];
      }
      Publication terms = Publication.to(out);
      Version version =
          graft.publish(model, terms.examples(series(x, right)).require("accuracy", 1));
      assertThat(version.gates()).containsExactly(new Figure("accuracy", 1, 1, false, ""));
      assertThat(version.batches()).containsExactly(1, 3, 32);
      Publication hard = terms.examples(series(x, half));
      assertThatThrownBy(
              () -> graft.publish(model, hard.require("accuracy", 0.6).require("recall.calm", 0)))
          .isInstanceOfSatisfying(
              RefusedException.class,
              refusal -> {
                assertThat(refusal.figures()).hasSize(2);
                assertThat(refusal.figures().get(0))
                    .isEqualTo(new Figure("accuracy", 0.5, 0.6, false, ""));
                assertThat(refusal.figures().get(1).holds()).isTrue();
              })
          .hasMessageStartingWith(
              "accuracy 0.500, at least 0.600 asked for; nothing was published");
      assertThatThrownBy(() -> graft.publish(model, hard.require("f2", 0.6)))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("no metric 'f2'")
          .hasMessageContaining("recall.shaken");
      assertThatThrownBy(() -> graft.publish(model, terms.require("accuracy", 0)))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("no examples");
      Model none = model.withValues(nothing(model));
      Publication low = terms.examples(series(x, new int[COUNT])).require("accuracy", 0);
      assertThatThrownBy(() -> graft.publish(none, low)).isInstanceOf(GraftException.class);
      assertThat(out.resolve("2")).doesNotExist();
    }
  }

  @Test
  void aMetricIsAskedForOnce(@TempDir Path out) {
    Publication terms = Publication.to(out).require("accuracy", 0.8);
    assertThatThrownBy(() -> terms.require("accuracy", 0.9))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("'accuracy' is asked for twice");
  }

  @Test
  void errorsLatencyAndSizeAreBoundedFromAbove(@TempDir Path out) {
    Model model =
        Graft.load(Zoo.model("keras2/lstm").savedModel()).with(replaceHead(HeadSpec.regression(1)));
    TensorValue x = TensorValue.of(Shape.of(COUNT, 5, 3), new float[COUNT * 15]);
    try (Graft graft = Graft.open()) {
      double zero =
          graft.predict(model, series(x, new int[COUNT])).values().iterator().next().asDoubles()[0];
      float[] targets = new float[COUNT];
      Arrays.fill(targets, (float) zero + 2);
      Dataset numbers =
          Dataset.of(Map.of("x", x), Answers.numbers(TensorValue.of(Shape.of(COUNT, 1), targets)));
      Publication terms = Publication.to(out).examples(numbers);
      Version version =
          graft.publish(
              model, terms.require("mae", 2.1).require("latency", 60_000).require("size", 100));
      assertThat(version.gates())
          .allMatch(Figure::holds)
          .allMatch(Figure::atMost)
          .allMatch(figure -> figure.found() > 0);
      assertThatThrownBy(() -> graft.publish(model, terms.require("mae", 1.9)))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("mae 2.000, at most 1.900 asked for");
      assertThatThrownBy(() -> graft.publish(model, terms.require("size", 1e-4)))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("at most 0.0001 MB asked for");
    }
  }

  @Test
  void noWorseThanWhatIsPublished(@TempDir Path out) {
    float[] values = new float[COUNT * 15];
    Random random = new Random(7);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    TensorValue x = TensorValue.of(Shape.of(COUNT, 5, 3), values);
    Model network = Graft.load(Zoo.model("keras2/lstm").savedModel());
    Model first = network.with(replaceHead(HeadSpec.singleLabel(LABELS).seed(1)));
    Model other = // labels the other way round, which is not to matter
        network.with(replaceHead(HeadSpec.singleLabel(Labels.of("shaken", "calm")).seed(1)));
    try (Graft graft = Graft.open()) {
      double[] scores =
          graft.predict(first, series(x, new int[COUNT])).values().iterator().next().asDoubles();
      int[] right = new int[COUNT];
      for (int i = 0; i < COUNT; i++) {
        right[i] = scores[2 * i + 1] > scores[2 * i] ? 1 : 0;
      }
      Publication terms = Publication.to(out).examples(series(x, right)).notWorse(true);
      assertThat(graft.publish(first, terms).gates()).as("nothing to be worse than").isEmpty();
      assertThat(graft.publish(first, terms).gates())
          .containsExactly(new Figure("accuracy", 1, 1, false, "version 1"));
      assertThatThrownBy(() -> graft.publish(other, terms))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("accuracy 0.000, at least 1.000 as version 2 has it");
      assertThat(out.resolve("3")).doesNotExist();
    }
  }
}
