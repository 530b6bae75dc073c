package dev.graft.model;

import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.SplittableRandom;

/**
 * How a new variable gets its first values; the formulas are Keras'. Drawn in Java, so equal on
 * every machine.
 */
public enum Initializer {
  /** All zero. */
  ZEROS,
  /** All one. */
  ONES,
  /**
   * Uniform in ±sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010), Keras' default for dense
   * kernels.
   */
  GLOROT_UNIFORM,
  /** Normal with deviation sqrt(2 / fan_in) (He et al. 2015). */
  HE_NORMAL,
  /** Normal with deviation 0.02. */
  NORMAL;

  /**
   * Values for a float32 variable of {@code shape}: the last dimension is the output, the one
   * before it the input.
   */
  public TensorValue draw(Shape shape, long seed) {
    float[] values = new float[(int) shape.elements()];
    SplittableRandom random = new SplittableRandom(seed);
    long receptive = 1;
    for (int i = 0; i < shape.rank() - 2; i++) {
      receptive *= shape.dim(i);
    }
    double fanIn =
        shape.rank() == 0 ? 1 : shape.rank() == 1 ? shape.dim(0) : shape.dim(-2) * receptive;
    double fanOut =
        shape.rank() == 0 ? 1 : shape.rank() == 1 ? shape.dim(0) : shape.dim(-1) * receptive;
    double limit = Math.sqrt(6 / (fanIn + fanOut));
    for (int i = 0; i < values.length; i++) {
      values[i] =
          (float)
              switch (this) {
                case ZEROS -> 0;
                case ONES -> 1;
                case GLOROT_UNIFORM -> limit * (2 * random.nextDouble() - 1);
                case HE_NORMAL -> Math.sqrt(2 / fanIn) * random.nextGaussian();
                case NORMAL -> 0.02 * random.nextGaussian();
              };
    }
    return TensorValue.of(shape, values);
  }
}
