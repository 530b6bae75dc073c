package dev.graft;

import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.error.FailedCheckException;
import dev.graft.error.GraftException;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.surgeon.HeadSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gate on examples that are no pictures; {@code PhotosTest} has those that are. */
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
      Version version = graft.publish(model, out, Gate.accuracy(1).on(series(x, right)));
      assertThat(version.gates())
          .containsExactly("accuracy: 1.000 on 20 examples, at least 1.000 asked for");
      assertThat(version.batches()).as("the comparison takes the gate's examples").contains(4);
      assertThatThrownBy(() -> graft.publish(model, out, Gate.accuracy(0.6).on(series(x, half))))
          .isInstanceOfSatisfying(
              FailedCheckException.class,
              failure ->
                  assertThat(failure.figure().orElseThrow().found())
                      .isEqualTo(0.5)
                      .isLessThan(failure.figure().orElseThrow().limit()))
          .hasMessageContaining("0.500 on 20 examples")
          .hasMessageContaining("nothing was published");
      Model none = model.withValues(nothing(model));
      assertThatThrownBy(
              () -> graft.publish(none, out, Gate.accuracy(0.1).on(series(x, new int[COUNT]))))
          .isInstanceOf(GraftException.class);
      assertThat(out.resolve("2")).doesNotExist();
      Model number =
          Graft.load(Zoo.model("keras2/lstm").savedModel())
              .with(replaceHead(HeadSpec.regression(1)));
      assertThatThrownBy(() -> graft.publish(number, out, Gate.accuracy(0.6).on(series(x, right))))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("needs one head that gives one label");
    }
  }
}
