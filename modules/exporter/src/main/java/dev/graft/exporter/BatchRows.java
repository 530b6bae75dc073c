package dev.graft.exporter;

import dev.graft.graph.Shape;
import dev.graft.model.Rows;
import dev.graft.model.TensorValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Batches of another size from given ones: rows in order, from the start again when they end. */
final class BatchRows {

  private BatchRows() {}

  /** How many rows all {@code inputs} have, or -1 if one has none or they disagree. */
  static int count(Map<String, TensorValue> inputs) {
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
  static Map<String, TensorValue> take(Map<String, TensorValue> inputs, int first, int wanted) {
    Map<String, TensorValue> taken = new LinkedHashMap<>();
    inputs.forEach((name, value) -> taken.put(name, take(value, first, wanted)));
    return taken;
  }

  private static TensorValue take(TensorValue value, int first, int wanted) {
    int rows = (int) value.shape().dim(0);
    return Rows.of(value, IntStream.range(0, wanted).map(i -> (first + i) % rows).toArray());
  }

  /** The first {@code wanted} rows of {@code parts}, one after the other. */
  static TensorValue join(List<TensorValue> parts, int wanted) {
    TensorValue model = parts.get(0);
    if (model.shape().rank() < 1) {
      return model;
    }
    TensorValue all = Rows.concat(parts);
    return take(all, 0, Math.min(wanted, (int) all.shape().dim(0)));
  }
}
