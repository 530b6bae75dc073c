package dev.graft.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.model.Variable;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How far gradients are from those that Keras computes in float64. */
final class GradientSpread {

  private final FileChannel exact; // Keras' in float64
  private final FileChannel keras; // Keras' in float32
  private long elements;
  private long beyond;
  private double largest;
  private double absolute;
  private double worst;
  private String where = "";
  private double squares;
  private double errors;
  private double errorsOfKeras;
  private long broken;

  public GradientSpread(FileChannel exact, FileChannel keras) {
    this.exact = exact;
    this.keras = keras;
  }

  public void add(List<Variable> variables, List<@Nullable TensorValue> gradients)
      throws IOException {
    long at = 0;
    for (int i = 0; i < variables.size(); i++) {
      int count = Math.toIntExact(variables.get(i).shape().elements());
      TensorValue gradient = gradients.get(i);
      if (gradient != null) {
        add(
            variables.get(i).name(),
            gradient.asDoubles(),
            doubles(exact, at, count),
            doubles(keras, at, count));
      }
      at += (long) count * Double.BYTES;
    }
    assertThat(exact.size()).isEqualTo(at);
  }

  private static DoubleBuffer doubles(FileChannel file, long at, int count) throws IOException {
    return file.map(FileChannel.MapMode.READ_ONLY, at, (long) count * Double.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asDoubleBuffer();
  }

  private void add(String name, double[] actual, DoubleBuffer expected, DoubleBuffer other) {
    assertThat(actual).as(name).hasSize(expected.remaining());
    for (int i = 0; i < actual.length; i++) {
      double e = expected.get(i);
      double off = Math.abs(actual[i] - e);
      double part = off / (1e-5 + 1e-4 * Math.abs(e));
      if (!(part <= worst)) {
        worst = part;
        where = name + "[" + i + "]: " + actual[i] + " instead of " + e;
      }
      beyond += part <= 1 ? 0 : 1;
      absolute = Math.max(absolute, off);
      largest = Math.max(largest, Math.abs(e));
      if (Double.isFinite(other.get(i))) {
        squares += e * e;
        errors += off * off;
        errorsOfKeras += (other.get(i) - e) * (other.get(i) - e);
      } else {
        broken++; // Keras itself has none there in float32
      }
    }
    elements += actual.length;
  }

  /** How many elements were compared. */
  public long elements() {
    return elements;
  }

  /** How many of them are off by more than 1e-5 + 1e-4 of their own size. */
  public long beyond() {
    return beyond;
  }

  /** The largest element. */
  public double largest() {
    return largest;
  }

  /** By how much an element is off at most. */
  public double absolute() {
    return absolute;
  }

  /** How much of what it may be off the worst element uses up. */
  public double worst() {
    return worst;
  }

  /** How many elements are no numbers in Keras' own float32, and left out of the errors. */
  public long broken() {
    return broken;
  }

  /** The length of the difference, relative to the length of the gradient. */
  public double error() {
    return squares == 0 ? 0 : Math.sqrt(errors / squares);
  }

  public double errorOfKeras() {
    return squares == 0 ? 0 : Math.sqrt(errorsOfKeras / squares);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%,d of %,d elements beyond 1e-5 + 1e-4*|b|, the worst %s",
        beyond,
        elements,
        where);
  }
}
