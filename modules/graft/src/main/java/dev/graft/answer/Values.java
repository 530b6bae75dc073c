package dev.graft.answer;

import com.google.protobuf.ByteString;
import dev.graft.error.BadDataException;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.lang.reflect.Array;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Makes tensors of what Java has: numbers, texts, truth values, arrays and lists of them. */
final class Values {

  private static final int MOST_DEPTH = 32;

  private final String name;
  private final List<Object> leaves = new ArrayList<>();

  private Values(String name) {
    this.name = name;
  }

  /** {@code value} as int64, float64, bool or string, by what it holds. */
  static TensorValue of(String name, @Nullable Object value) {
    return value instanceof TensorValue tensor ? tensor : new Values(name).tensor(value);
  }

  private TensorValue tensor(@Nullable Object value) {
    List<Integer> dims = new ArrayList<>();
    collect(value, 0, dims);
    Shape shape = Shape.of(dims.stream().mapToLong(dim -> dim).toArray());
    if (all(leaf -> leaf instanceof String || leaf instanceof byte[]) && !leaves.isEmpty()) {
      return TensorValue.strings(shape, leaves.stream().map(Values::bytes).toList());
    }
    if (all(Boolean.class::isInstance) && !leaves.isEmpty()) {
      ByteBuffer bytes = ByteBuffer.allocate(leaves.size());
      leaves.forEach(leaf -> bytes.put((byte) ((Boolean) leaf ? 1 : 0)));
      return TensorValue.of(DType.BOOL, shape, bytes.flip());
    }
    if (all(Values::isWhole)) {
      return TensorValue.of(shape, leaves.stream().mapToLong(this::whole).toArray());
    }
    if (all(Number.class::isInstance)) {
      return TensorValue.of(
          shape, leaves.stream().mapToDouble(leaf -> ((Number) leaf).doubleValue()).toArray());
    }
    throw new BadDataException(
        "the value of '"
            + name
            + "' mixes or holds what no tensor does; give numbers, truth values, texts or bytes, or"
            + " lists of one of these.");
  }

  private boolean all(Predicate<Object> kind) {
    return leaves.stream().allMatch(kind);
  }

  private static boolean isWhole(Object leaf) {
    return leaf instanceof Long
        || leaf instanceof Integer
        || leaf instanceof Short
        || leaf instanceof Byte
        || leaf instanceof BigInteger;
  }

  private long whole(Object leaf) {
    try {
      return leaf instanceof BigInteger large
          ? large.longValueExact()
          : ((Number) leaf).longValue();
    } catch (ArithmeticException e) {
      throw new BadDataException(
          "the value of '" + name + "' holds " + leaf + ", too large a number.", e);
    }
  }

  private static ByteString bytes(Object leaf) {
    return leaf instanceof byte[] bytes
        ? ByteString.copyFrom(bytes)
        : ByteString.copyFromUtf8((String) leaf);
  }

  /** Adds the leaves of {@code value}, which stands this deep, and what dimensions it has. */
  private void collect(@Nullable Object value, int depth, List<Integer> dims) {
    if (depth > MOST_DEPTH) {
      throw new BadDataException(
          "the lists of '" + name + "' lie more than " + MOST_DEPTH + " deep in each other.");
    }
    if (value == null) {
      throw new BadDataException("the value of '" + name + "' holds null; give a value.");
    }
    List<?> parts = parts(value);
    if (parts == null) {
      if (depth < dims.size()) {
        throw uneven();
      }
      leaves.add(value);
      return;
    }
    if (depth == dims.size()) {
      if (!leaves.isEmpty()) {
        throw uneven();
      }
      dims.add(parts.size());
    } else if (dims.get(depth) != parts.size()) {
      throw uneven();
    }
    for (Object part : parts) {
      collect(part, depth + 1, dims);
    }
  }

  private BadDataException uneven() {
    return new BadDataException(
        "the lists of '" + name + "' differ in length; give as many values in each.");
  }

  /** Of a list or an array; bytes are one value. */
  private static @Nullable List<?> parts(Object value) {
    if (value instanceof Collection<?> all) {
      return new ArrayList<>(all);
    }
    if (value instanceof byte[] || !value.getClass().isArray()) {
      return null;
    }
    List<Object> all = new ArrayList<>();
    for (int i = 0; i < Array.getLength(value); i++) {
      all.add(Array.get(value, i));
    }
    return all;
  }
}
