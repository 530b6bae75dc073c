package dev.graft.exporter;

import com.google.protobuf.ByteString;
import dev.graft.graph.Shape;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.TensorValue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tensorflow.proto.DataType;

/** Inputs that fit a signature, for comparisons where the caller gave no examples. */
final class MadeUpInputs {

  private static final int SIDE = 32; // where a signature leaves it open
  private static final int LENGTH = 4;

  private MadeUpInputs() {}

  /**
   * {@code rows} rows for {@code signature}; empty if it takes something that cannot be made up.
   */
  static Optional<Map<String, TensorValue>> of(Model model, Signature signature, int rows) {
    SplittableRandom random = new SplittableRandom(1);
    Map<String, TensorValue> inputs = new LinkedHashMap<>();
    for (Map.Entry<String, TensorSpec> input : signature.inputs().entrySet()) {
      TensorSpec spec = input.getValue();
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
      Optional<TensorValue> value = value(spec.dtype(), shape, high, random);
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
      DataType dtype, Shape shape, float high, SplittableRandom random) {
    int count = (int) shape.elements();
    switch (dtype) {
      case DT_FLOAT -> {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
          values[i] = high * (float) random.nextDouble();
        }
        return Optional.of(TensorValue.of(shape, values));
      }
      case DT_DOUBLE -> {
        return Optional.of(
            TensorValue.of(shape, random.doubles(count).map(v -> v * high).toArray()));
      }
      case DT_STRING -> {
        return Optional.of(
            TensorValue.strings(
                shape, Stream.generate(() -> ByteString.EMPTY).limit(count).toList()));
      }
      case DT_INT32 -> {
        return Optional.of(
            TensorValue.of(shape, IntStream.range(0, count).map(i -> i % 2).toArray()));
      }
      case DT_INT64 -> {
        return Optional.of(
            TensorValue.of(shape, IntStream.range(0, count).mapToLong(i -> i % 2).toArray()));
      }
      case DT_BOOL, DT_UINT8, DT_INT8, DT_HALF, DT_BFLOAT16 -> {
        int bytes = count * TensorValue.size(dtype);
        return Optional.of(TensorValue.of(dtype, shape, ByteBuffer.allocate(bytes)));
      }
      default -> {
        return Optional.empty();
      }
    }
  }

  /** A small picture in the BMP format: coloured noise, 24 bits, no compression. */
  static ByteString picture() {
    int side = 16;
    int content = side * side * 3;
    ByteBuffer bmp = ByteBuffer.allocate(54 + content).order(ByteOrder.LITTLE_ENDIAN);
    bmp.put((byte) 'B').put((byte) 'M').putInt(54 + content).putInt(0).putInt(54);
    bmp.putInt(40).putInt(side).putInt(side).putShort((short) 1).putShort((short) 24);
    bmp.putInt(0).putInt(content).putInt(2835).putInt(2835).putInt(0).putInt(0);
    SplittableRandom random = new SplittableRandom(2);
    while (bmp.hasRemaining()) {
      bmp.put((byte) random.nextInt(256));
    }
    return ByteString.copyFrom(bmp.flip());
  }
}
