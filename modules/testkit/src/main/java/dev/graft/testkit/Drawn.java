package dev.graft.testkit;

import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.Random;
import org.tensorflow.proto.DataType;

/** Values that are drawn by chance. */
public final class Drawn {

  private Drawn() {}

  /** Numbers between -1 and 1: float64 if {@code dtype} is that, else float32. */
  public static TensorValue of(Random random, DataType dtype, long... dims) {
    Shape shape = Shape.of(dims);
    double[] values = random.doubles(shape.elements(), -1, 1).toArray();
    if (dtype == DataType.DT_DOUBLE) {
      return TensorValue.of(shape, values);
    }
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return TensorValue.of(shape, floats);
  }
}
