package dev.graft.exporter.internal.sample;

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

/**
 * Inputs that fit signatures, where the caller gives no examples.
 *
 * @param model the model, of whose inputs something may be known
 * @param text what stands in strings
 * @param isUniform whether numbers are the same throughout, else they are drawn
 */
public record MadeUpInputs(Model model, ByteString text, boolean isUniform) {

  private static final int SIDE = 32; // where a signature leaves it open
  private static final int LENGTH = 4;

  /** Inputs with numbers that are drawn, and empty texts. */
  public static MadeUpInputs drawn(Model model) {
    return new MadeUpInputs(model, ByteString.EMPTY, false);
  }

  /**
   * {@code rows} rows for {@code signature}, to be tried one after the other. None if it takes
   * something that cannot be made up.
   */
  public static List<Map<String, TensorValue>> all(Model model, Signature signature, int rows) {
    return texts(signature).stream()
        .flatMap(text -> new MadeUpInputs(model, text, false).of(signature, rows).stream())
        .toList();
  }

  /** Texts to try one after the other: they may be empty, or have to be pictures. */
  public static List<ByteString> texts(Signature signature) {
    List<ByteString> texts = new ArrayList<>(List.of(ByteString.EMPTY));
    if (signature.inputs().values().stream().anyMatch(s -> s.dtype() == DType.STRING)) {
      texts.addAll(MadeUpPictures.all());
    }
    return texts;
  }

  /**
   * {@code rows} rows for {@code signature}; empty if it takes something that cannot be made up.
   */
  public Optional<Map<String, TensorValue>> of(Signature signature, int rows) {
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
      Optional<TensorValue> value =
          value(spec.dtype(), filled(spec.shape(), rows), high(input.getKey()), random);
      if (value.isEmpty()) {
        return Optional.empty();
      }
      inputs.put(input.getKey(), value.get());
    }
    return Optional.of(inputs);
  }

  private float high(String input) {
    return model.inputs().stream()
        .filter(known -> known.name().equals(input))
        .flatMap(known -> known.range().stream())
        .map(InputSpec.Range::high)
        .findFirst()
        .orElse(1f);
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

  private Optional<TensorValue> value(
      DType dtype, Shape shape, float high, SplittableRandom random) {
    int count = (int) shape.elements();
    switch (dtype) {
      case FLOAT32, COMPLEX64 -> {
        ByteBuffer bytes = bytes(count * TensorValue.size(dtype));
        for (int at = 0; at < bytes.limit(); at += Float.BYTES) {
          bytes.putFloat(at, high * (isUniform ? 0.5f : (float) random.nextDouble()));
        }
        return Optional.of(TensorValue.of(dtype, shape, bytes));
      }
      case FLOAT64, COMPLEX128 -> {
        ByteBuffer bytes = bytes(count * TensorValue.size(dtype));
        for (int at = 0; at < bytes.limit(); at += Double.BYTES) {
          bytes.putDouble(at, high * (isUniform ? 0.5 : random.nextDouble()));
        }
        return Optional.of(TensorValue.of(dtype, shape, bytes));
      }
      case STRING -> {
        return Optional.of(
            TensorValue.strings(shape, Stream.generate(() -> text).limit(count).toList()));
      }
      case INT16, INT32, INT64, UINT16, UINT32, UINT64 -> {
        int size = TensorValue.size(dtype);
        ByteBuffer bytes = bytes(count * size);
        for (int i = isUniform ? 0 : 1; i < count; i += isUniform ? 1 : 2) { // 0, 1, 0, 1
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
