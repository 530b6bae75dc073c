package dev.graft.trainer.internal.head;

import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.tensorflow.proto.DataType;

/**
 * Features brought to mean 0 and about equal spread, and the way back.
 *
 * <p>A feature is divided by {@code sqrt(variance + SHARE * mean variance)}: by its own deviation,
 * but a feature that hardly moves in the training examples is not blown up, since in an example not
 * seen it may well move.
 *
 * @param mean of each feature, what is subtracted; not finite where an example's is not
 * @param scale what is then multiplied by
 */
record Standardization(double[] mean, double[] scale) {

  private static final double SHARE = 0.1;
  private static final double SMALLEST = 1e-12; // for features that are all constant

  /** A head for the features as they were. */
  record Folded(TensorValue kernel, TensorValue bias) {}

  /** For numbers that are to stay as they are. */
  static Standardization none(int width) {
    double[] ones = new double[width];
    Arrays.fill(ones, 1);
    return new Standardization(new double[width], ones);
  }

  /** That of {@code features}, each row read once (Welford's sums). */
  static Standardization of(FeatureSlices features) {
    int width = features.width();
    double[] mean = new double[width];
    double[] squares = new double[width];
    float[] row = new float[width];
    for (int from = 0; from < features.examples(); from += features.rows()) {
      FloatBuffer slice = features.read(from, features.rows()).bytes().asFloatBuffer();
      for (int example = from; slice.hasRemaining(); example++) {
        slice.get(row);
        double share = 1.0 / (example + 1);
        for (int i = 0; i < width; i++) {
          double distance = row[i] - mean[i];
          mean[i] += distance * share;
          squares[i] += distance * (row[i] - mean[i]);
        }
      }
    }
    double all = Arrays.stream(squares).sum() / features.examples() / width;
    double[] scale = new double[width];
    for (int i = 0; i < width; i++) {
      double variance = squares[i] / features.examples();
      scale[i] = 1 / Math.sqrt(Math.max(variance + SHARE * all, SMALLEST));
    }
    return new Standardization(mean, scale);
  }

  /** The features in {@code raw} [N, features], around 0. */
  TensorRef centred(Scope g, TensorRef raw) {
    return g.add("Sub", raw, g.floats(floats(mean)));
  }

  /** The features in {@code raw} [N, features] as they are standardised, in float64. */
  TensorRef standardized(Scope g, TensorRef raw) {
    TensorRef x = g.cast(raw, DataType.DT_DOUBLE);
    Shape each = Shape.of(mean.length);
    TensorRef around = g.add("Sub", x, g.constant(TensorValue.of(each, mean)));
    return g.add("Mul", around, g.constant(TensorValue.of(each, scale)));
  }

  /** {@code kernel} [features, ...] for standardised features, made one for centred ones. */
  TensorRef scaled(Scope g, TensorRef kernel) {
    TensorRef column = g.constant(TensorValue.of(Shape.of(scale.length, 1), floats(scale)));
    return g.add("Mul", kernel, column);
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /**
   * A head on standardised features, rewritten for the raw ones: {@code ((x - mean) * scale) W + b
   * = x (scale W) + (b - (mean * scale) W)}.
   */
  Folded fold(TensorValue kernel, TensorValue bias) {
    int outputs = (int) kernel.shape().dim(1);
    float[] weights = kernel.floats();
    double[] offset = bias.asDoubles();
    for (int i = 0; i < weights.length; i++) {
      double weight = weights[i] * scale[i / outputs];
      offset[i % outputs] -= mean[i / outputs] * weight;
      weights[i] = (float) weight;
    }
    Shape shape = kernel.shape();
    return new Folded(TensorValue.of(shape, weights), TensorValue.of(bias.shape(), floats(offset)));
  }
}
