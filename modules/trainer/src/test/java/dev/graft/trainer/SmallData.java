package dev.graft.trainer;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.model.InputSpec;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;

/** Examples for any model with one input of numbers, whose label shifts all of them. */
public final class SmallData {

  private SmallData() {}

  /** So many examples, the labels in turn. */
  public static Dataset of(Model model, Labels labels, int count) {
    int[] answers = new int[count];
    for (int i = 0; i < count; i++) {
      answers[i] = i % labels.size();
    }
    return Dataset.of(inputs(model, answers, 2), Answers.oneOf(labels, answers));
  }

  /** Noise around a level for each of {@code levels}; sizes that are open are 4. */
  static Map<String, TensorValue> inputs(Model model, int[] levels, double step) {
    InputSpec input = model.inputs().get(0);
    Shape shape = input.shape().dim(0, levels.length);
    for (int i = 1; i < shape.rank(); i++) {
      shape = shape.dim(i) == Shape.UNKNOWN ? shape.dim(i, 4) : shape;
    }
    Random random = new Random(11);
    int each = (int) (shape.elements() / levels.length);
    double[] values = new double[(int) shape.elements()];
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian() + step * levels[i / each];
      floats[i] = (float) values[i];
    }
    TensorValue tensor =
        switch (input.dtype()) {
          case FLOAT64 -> TensorValue.of(shape, values);
          case FLOAT32 -> TensorValue.of(shape, floats);
          default -> TensorValue.of(shape, words(values));
        };
    return Map.of(input.name(), tensor);
  }

  /** Numbers of words: the first one or the second. */
  private static int[] words(double[] values) {
    return Arrays.stream(values).mapToInt(value -> value > 1 ? 1 : 0).toArray();
  }
}
