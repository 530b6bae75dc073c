package dev.graft.internal.live;

import static dev.graft.tensor.DType.BFLOAT16;
import static dev.graft.tensor.DType.BOOL;
import static dev.graft.tensor.DType.FLOAT16;
import static dev.graft.tensor.DType.FLOAT32;
import static dev.graft.tensor.DType.FLOAT64;
import static dev.graft.tensor.DType.INT16;
import static dev.graft.tensor.DType.INT32;
import static dev.graft.tensor.DType.INT64;
import static dev.graft.tensor.DType.INT8;
import static dev.graft.tensor.DType.UINT8;
import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import com.google.protobuf.ByteString;
import dev.graft.answer.Example;
import dev.graft.data.ImageFormat;
import dev.graft.error.BadDataException;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Rows;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.LongStream;

/**
 * Makes what a signature is fed of examples.
 *
 * @param way the signature
 */
public record Feed(ServedSignature way) {

  private static final long MOST_BLANK = 1 << 24; // elements
  private static final int MOST_DIMENSIONS = 32;
  private static final ImmutableSet<DType> DRAWN =
      Sets.immutableEnumSet(
          FLOAT32, FLOAT64, FLOAT16, BFLOAT16, UINT8, INT8, INT16, INT32, INT64, BOOL);

  /**
   * A batch of one, by the names of inputs.
   *
   * @param name what the example is called, for messages
   * @throws BadDataException if the signature cannot take it
   */
  public Map<String, TensorValue> row(Example example, String name) {
    Optional<ByteString> file = example.picture();
    if (way.picture().isPresent()) {
      ByteString picture =
          file.orElseThrow(() -> unfit(name, "is values, and the model takes encoded pictures"));
      Optional<String> unfit = ImageFormat.unfit(picture);
      if (unfit.isPresent()) {
        throw new BadDataException("'" + name + "' is " + unfit.get() + ".");
      }
      return Map.of(way.picture().get(), TensorValue.strings(Shape.of(1), List.of(picture)));
    }
    if (file.isPresent()) {
      throw unfit(name, "is a picture, and the model takes values: " + inputs());
    }
    return values(example, name);
  }

  private Map<String, TensorValue> values(Example example, String name) {
    Signature signature = way.signature();
    Set<String> unknown = new TreeSet<>(example.values().keySet());
    unknown.removeAll(signature.inputs().keySet());
    if (!unknown.isEmpty()) {
      throw unfit(name, "has values for " + unknown + ", and the model takes " + inputs());
    }
    Map<String, TensorValue> row = new LinkedHashMap<>();
    signature
        .inputs()
        .forEach(
            (input, spec) -> {
              TensorValue value = example.values().get(input);
              if (value != null) {
                row.put(input, fitted(value, spec, "input '" + input + "' of '" + name + "'"));
              } else if (!signature.defaults().containsKey(input)) {
                throw unfit(name, "has no value for '" + input + "'; the model takes " + inputs());
              }
            });
    return row;
  }

  private static BadDataException unfit(String name, String what) {
    return new BadDataException("'" + name + "' " + what + ".");
  }

  /** What it takes, in words: name, dtype and shape of one example. */
  private String inputs() {
    List<String> all = new ArrayList<>();
    way.signature()
        .inputs()
        .forEach((name, spec) -> all.add("'" + name + "' (" + spec.dtype() + one(spec) + ")"));
    return String.join(", ", all);
  }

  /** The shape of one example, in words; none of a single value. */
  private static String one(TensorSpec spec) {
    return spec.shape().rank() < 2 ? "" : " " + Shape.of(inner(spec.shape()));
  }

  private static long[] inner(Shape shape) {
    return LongStream.of(shape.dims()).skip(1).toArray();
  }

  private static TensorValue fitted(TensorValue value, TensorSpec spec, String place) {
    TensorValue cast = new Cast(spec.dtype(), place).of(value);
    Shape wanted = spec.shape();
    if (wanted.rank() == 0 && cast.shape().rank() == 0) {
      return cast; // one value for all rows
    }
    if (cast.shape().rank() > MOST_DIMENSIONS) {
      throw new BadDataException(
          place + " has more than " + MOST_DIMENSIONS + " dimensions; no model takes such values.");
    }
    Shape row =
        Shape.of(LongStream.concat(LongStream.of(1), LongStream.of(cast.shape().dims())).toArray());
    if (wanted.hasRank() && wanted.rank() > 0 && !matches(wanted, row)) {
      Shape inner = Shape.of(inner(wanted));
      if (!inner.isFullyKnown() || !Arrays.equals(telling(inner), telling(cast.shape()))) {
        throw new BadDataException(
            place + " takes values of shape " + inner + ", and " + cast.shape() + " is given.");
      }
      row = wanted.dim(0, 1); // as a single number for a column of one
    }
    return cast.dtype() == DType.STRING
        ? TensorValue.strings(row, cast.strings())
        : TensorValue.of(cast.dtype(), row, cast.bytes());
  }

  /** The dimensions that tell values apart: all but those of 1. */
  private static long[] telling(Shape shape) {
    return LongStream.of(shape.dims()).filter(dim -> dim != 1).toArray();
  }

  private static boolean matches(Shape wanted, Shape row) {
    return wanted.dim(0, Shape.UNKNOWN).isCompatibleWith(row);
  }

  /** What rows have to have in common to be asked about in one run: shapes, and single values. */
  public static Map<String, Object> form(Map<String, TensorValue> row) {
    Map<String, Object> form = new LinkedHashMap<>();
    row.forEach(
        (input, value) ->
            form.put(input, value.shape().rank() == 0 ? value.toProto() : value.shape()));
    return form;
  }

  /** Some rows of one form, and as many copies of the last one as make up a fixed batch. */
  public Map<String, TensorValue> batch(List<Map<String, TensorValue>> rows) {
    List<Map<String, TensorValue>> all = new ArrayList<>(rows);
    int fill = way.fixedBatch() - rows.size();
    all.addAll(Collections.nCopies(Math.max(0, fill), rows.get(rows.size() - 1)));
    Map<String, TensorValue> batch = new LinkedHashMap<>();
    for (String input : rows.get(0).keySet()) {
      TensorValue first = requireNonNull(rows.get(0).get(input));
      batch.put(
          input,
          first.shape().rank() == 0
              ? first
              : Rows.concat(all.stream().map(row -> row.get(input)).toList()));
    }
    return batch;
  }

  /**
   * One that is made up, of empty texts and zeros, or numbers that are drawn; none where that
   * cannot be said.
   */
  public Optional<Map<String, TensorValue>> madeUp(boolean isDrawn) {
    SplittableRandom random = new SplittableRandom(1);
    Map<String, TensorValue> row = new LinkedHashMap<>();
    for (Map.Entry<String, TensorSpec> input : way.signature().inputs().entrySet()) {
      Shape shape = input.getValue().shape();
      DType type = input.getValue().dtype();
      if (!shape.hasRank() || !(TensorValue.canHold(type) || type == DType.STRING)) {
        return Optional.empty();
      }
      long[] dims = LongStream.of(shape.dims()).map(dim -> Math.max(1, dim)).toArray();
      if (dims.length > 0) {
        dims[0] = 1;
      }
      long elements = 1;
      for (long dim : dims) {
        elements = dim > MOST_BLANK ? MOST_BLANK + 1 : elements * dim;
        if (elements > MOST_BLANK) {
          return Optional.empty();
        }
      }
      Shape one = Shape.of(dims);
      int count = (int) elements;
      TensorValue value;
      if (type == DType.STRING) {
        value = TensorValue.strings(one, Collections.nCopies(count, ByteString.EMPTY));
      } else if (isDrawn && DRAWN.contains(type)) {
        value = drawn(one, type, random);
      } else {
        value = TensorValue.of(type, one, ByteBuffer.allocate(count * TensorValue.size(type)));
      }
      row.put(input.getKey(), value);
    }
    return Optional.of(row);
  }

  /** Between 0 and 1, or 0 and 1 in turn. */
  private static TensorValue drawn(Shape shape, DType type, SplittableRandom random) {
    double[] values = new double[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = type.isFloating() ? random.nextDouble() : i % 2;
    }
    return new Cast(type, "noise").of(TensorValue.of(shape, values));
  }
}
