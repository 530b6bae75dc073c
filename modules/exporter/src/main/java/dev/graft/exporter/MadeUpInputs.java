package dev.graft.exporter;

import com.google.protobuf.ByteString;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Inputs that fit a signature, for comparisons where the caller gave no examples. */
final class MadeUpInputs {

  private static final int SIDE = 32; // where a signature leaves it open
  private static final int LENGTH = 4;

  private MadeUpInputs() {}

  /**
   * {@code rows} rows for {@code signature}, to be tried one after the other: texts may be empty,
   * or have to be pictures. None if it takes something that cannot be made up.
   */
  static List<Map<String, TensorValue>> all(Model model, Signature signature, int rows) {
    List<Map<String, TensorValue>> all = new ArrayList<>();
    of(model, signature, rows, ByteString.EMPTY).ifPresent(all::add);
    if (signature.inputs().values().stream().anyMatch(s -> s.dtype() == DType.STRING)) {
      MadeUpPictures.all()
          .forEach(picture -> of(model, signature, rows, picture).ifPresent(all::add));
    }
    return all;
  }

  /**
   * {@code rows} rows for {@code signature}; empty if it takes something that cannot be made up.
   */
  static Optional<Map<String, TensorValue>> of(Model model, Signature signature, int rows) {
    return of(model, signature, rows, ByteString.EMPTY);
  }

  private static Optional<Map<String, TensorValue>> of(
      Model model, Signature signature, int rows, ByteString text) {
    SplittableRandom random = new SplittableRandom(1);
    Map<String, TensorValue> inputs = new LinkedHashMap<>();
    for (Map.Entry<String, TensorSpec> input : signature.inputs().entrySet()) {
      TensorSpec spec = input.getValue();
      TensorValue usual = signature.defaults().get(input.getKey());
      if (usual != null) {
        inputs.put(input.getKey(), usual);
        continue;
      }
      if (!spec.shape().hasRank()) {
        return Optional.empty();
      }
      Shape shape = filled(spec.shape(), rows);
      float high =
          model.inputs().stream()
              .filter(known -> known.name().equals(input.getKey()))
              .flatMap(known -> known.range().stream())
              .map(InputSpec.Range::high)
              .findFirst()
              .orElse(1f);
      Optional<TensorValue> value = value(spec.dtype(), shape, high, random, text);
      if (value.isEmpty()) {
        return Optional.empty();
      }
      inputs.put(input.getKey(), value.get());
    }
    return Optional.of(inputs);
  }

  private static Shape filled(Shape shape, int rows) {
    long[] dims = shape.dims();
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] < 0) {
        dims[i] = i == 0 ? rows : dims.length >= 4 ? SIDE : LENGTH;
      }
    }
    return Shape.of(dims);
  }

  private static Optional<TensorValue> value(
      DType dtype, Shape shape, float high, SplittableRandom random, ByteString text) {
    int count = (int) shape.elements();
    switch (dtype) {
      case FLOAT32, COMPLEX64 -> {
        float[] values = new float[dtype == DType.FLOAT32 ? count : 2 * count];
        for (int i = 0; i < values.length; i++) {
          values[i] = high * (float) random.nextDouble();
        }
        ByteBuffer bytes = bytes(4 * values.length);
        bytes.asFloatBuffer().put(values);
        return Optional.of(TensorValue.of(dtype, shape, bytes));
      }
      case FLOAT64, COMPLEX128 -> {
        int numbers = dtype == DType.FLOAT64 ? count : 2 * count;
        ByteBuffer bytes = bytes(8 * numbers);
        bytes.asDoubleBuffer().put(random.doubles(numbers).map(v -> v * high).toArray());
        return Optional.of(TensorValue.of(dtype, shape, bytes));
      }
      case STRING -> {
        return Optional.of(
            TensorValue.strings(shape, Stream.generate(() -> text).limit(count).toList()));
      }
      case INT16, INT32, INT64, UINT16, UINT32, UINT64 -> {
        int size = TensorValue.size(dtype);
        ByteBuffer bytes = bytes(count * size);
        for (int i = 1; i < count; i += 2) { // 0, 1, 0, 1
          bytes.put(i * size, (byte) 1);
        }
        return Optional.of(TensorValue.of(dtype, shape, bytes));
      }
      case BOOL, UINT8, INT8, FLOAT16, BFLOAT16 -> {
        return Optional.of(TensorValue.of(dtype, shape, bytes(count * TensorValue.size(dtype))));
      }
      default -> {
        return Optional.empty();
      }
    }
  }

  private static ByteBuffer bytes(int count) {
    return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
  }
}
