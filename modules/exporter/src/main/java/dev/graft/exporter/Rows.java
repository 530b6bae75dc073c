package dev.graft.exporter;

import com.google.protobuf.ByteString;
import dev.graft.graph.Shape;
import dev.graft.model.TensorValue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.DataType;

/** Batches of another size from given ones: rows in order, from the start again when they end. */
final class Rows {

  private Rows() {}

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
    Shape shape = value.shape().withDim(0, wanted);
    if (value.dtype() == DataType.DT_STRING) {
      int each = value.strings().size() / rows;
      List<ByteString> strings = new ArrayList<>();
      for (int i = 0; i < wanted; i++) {
        int start = (first + i) % rows * each;
        strings.addAll(value.strings().subList(start, start + each));
      }
      return TensorValue.strings(shape, strings);
    }
    ByteBuffer from = value.bytes();
    int each = from.remaining() / rows;
    ByteBuffer to = ByteBuffer.allocate(Math.multiplyExact(each, wanted));
    for (int i = 0; i < wanted; i++) {
      to.put(from.slice((first + i) % rows * each, each));
    }
    return TensorValue.of(value.dtype(), shape, to.flip());
  }

  /** The first {@code wanted} rows of {@code parts}, one after the other. */
  static TensorValue join(List<TensorValue> parts, int wanted) {
    TensorValue model = parts.get(0);
    if (model.shape().rank() < 1) {
      return model;
    }
    int rows = parts.stream().mapToInt(part -> (int) part.shape().dim(0)).sum();
    Shape shape = model.shape().withDim(0, rows);
    TensorValue all;
    if (model.dtype() == DataType.DT_STRING) {
      List<ByteString> strings = new ArrayList<>();
      parts.forEach(part -> strings.addAll(part.strings()));
      all = TensorValue.strings(shape, strings);
    } else {
      ByteBuffer bytes =
          ByteBuffer.allocate(parts.stream().mapToInt(part -> part.bytes().remaining()).sum());
      parts.forEach(part -> bytes.put(part.bytes()));
      all = TensorValue.of(model.dtype(), shape, bytes.flip());
    }
    return take(all, 0, Math.min(wanted, rows));
  }
}
