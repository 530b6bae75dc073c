package dev.graft.check;

import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;

/**
 * Numbers for a tensor of any numeric dtype.
 *
 * @param dtype the dtype
 * @param shape the shape, fully known
 */
record SampleValues(DType dtype, Shape shape) {

  /** From 0 to below {@code high}, drawn by {@code seed}. */
  TensorValue uniform(float high, int seed) {
    return between(0, high, seed);
  }

  /** From {@code low} to below {@code high}, drawn by {@code seed}. */
  TensorValue between(float low, float high, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return of(i -> low + (float) random.nextDouble() * (high - low));
  }

  /** Whole numbers from 0 to below {@code bound}. */
  TensorValue below(long bound, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return of(i -> random.nextLong(Math.max(1, bound)));
  }

  /**
   * The size of a sparse tensor of {@code rows} rows and {@code columns} in all other directions.
   */
  TensorValue size(long rows, long columns) {
    return of(i -> i == 0 ? rows : columns);
  }

  /** One number everywhere. */
  TensorValue constant(double number) {
    return of(i -> number);
  }

  /** [i, 0, 0...] in row i. */
  TensorValue rowStarts() {
    int columns = (int) Math.max(1, shape.rank() < 2 ? 1 : shape.dim(1));
    return of(i -> i % columns == 0 ? i / columns : 0);
  }

  /** 0, 1, 2 and so on: each row of a ragged tensor has one value. */
  TensorValue counting() {
    return of(i -> i);
  }

  /** What {@code number} gives for each place. */
  TensorValue each(IntToDoubleFunction number) {
    return of(number);
  }

  private TensorValue of(IntToDoubleFunction number) {
    int count = Math.toIntExact(shape.elements());
    ByteBuffer bytes =
        ByteBuffer.allocate(count * TensorValue.size(dtype)).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      double value = number.applyAsDouble(i);
      switch (dtype) {
        case FLOAT32 -> bytes.putFloat((float) value);
        case FLOAT64 -> bytes.putDouble(value);
        case FLOAT16 -> bytes.putShort(half((float) value));
        case BFLOAT16 -> bytes.putShort((short) (Float.floatToIntBits((float) value) >> 16));
        case COMPLEX64 -> bytes.putFloat((float) value).putFloat(0);
        case COMPLEX128 -> bytes.putDouble(value).putDouble(0);
        case INT64, UINT64 -> bytes.putLong((long) value);
        case INT32, UINT32, QINT32 -> bytes.putInt((int) value);
        case INT16, UINT16, QINT16, QUINT16 -> bytes.putShort((short) value);
        case BOOL -> bytes.put((byte) (value >= 1 ? 1 : 0));
        default -> bytes.put((byte) value);
      }
    }
    return TensorValue.of(dtype, shape, bytes.flip());
  }

  /** IEEE 754 half precision, rounded towards zero; tiny numbers become zero. */
  private static short half(float value) {
    int bits = Float.floatToIntBits(value);
    int exponent = (bits >>> 23 & 0xff) - 127 + 15;
    if (exponent <= 0) {
      return 0;
    }
    return (short) (bits >>> 16 & 0x8000 | Math.min(exponent, 30) << 10 | bits >>> 13 & 0x3ff);
  }
}
