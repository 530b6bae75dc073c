package dev.graft.exporter.internal.sample;

import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.Rows;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Batches of another size from given ones: rows in order, from the start again when they end. */
public final class BatchRows {

  /** Batches larger than this tell nothing new. */
  public static final int LARGEST = 32;

  private BatchRows() {}

  /** How many rows all {@code inputs} have, or -1 if one has none or they disagree. */
  public static int count(Map<String, TensorValue> inputs) {
    long count = -1;
    for (TensorValue value : inputs.values()) {
      Shape shape = value.shape();
      if (shape.rank() == 0 || shape.dim(0) == 0 || (count >= 0 && shape.dim(0) != count)) {
        return -1;
      }
      count = shape.dim(0);
    }
    return (int) count;
  }

  /** {@code wanted} rows, from row {@code first} on. */
  public static Map<String, TensorValue> take(
      Map<String, TensorValue> inputs, int first, int wanted) {
    Map<String, TensorValue> taken = new LinkedHashMap<>();
    inputs.forEach((name, value) -> taken.put(name, take(value, first, wanted)));
    return taken;
  }

  private static TensorValue take(TensorValue value, int first, int wanted) {
    int rows = (int) value.shape().dim(0);
    return Rows.of(value, IntStream.range(0, wanted).map(i -> (first + i) % rows).toArray());
  }

  /** The first {@code wanted} rows of {@code parts}, one after the other. */
  public static TensorValue join(List<TensorValue> parts, int wanted) {
    TensorValue model = parts.get(0);
    if (model.shape().rank() < 1) {
      return model;
    }
    TensorValue all = Rows.concat(parts);
    return take(all, 0, Math.min(wanted, (int) all.shape().dim(0)));
  }

  /**
   * Batches of {@code most}, 3 and 1 rows, of other sizes where the signature takes only these;
   * what has no rows as it is. What takes longest comes first: an export is got ready beside it.
   */
  public static List<Map<String, TensorValue>> sizes(
      Signature served, Map<String, TensorValue> example, int most) {
    if (count(example) < 1) {
      return List.of(example);
    }
    if (!isOpen(served)) {
      int fixed = served.fixedBatch();
      return List.of(fixed < 1 ? example : take(example, 0, fixed));
    }
    return Stream.of(most, Math.min(3, most), 1)
        .distinct()
        .map(size -> take(example, 0, size))
        .toList();
  }

  /** Whether a signature takes batches of any size. */
  public static boolean isOpen(Signature signature) {
    return signature.inputs().values().stream()
        .map(TensorSpec::shape)
        .allMatch(shape -> shape.rank() != 0 && shape.dim(0) < 0);
  }
}
