package dev.graft.tensor;

import dev.graft.error.Internal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * float32 as float16 (IEEE 754 binary16) or bfloat16 (its upper half) and back, as TensorFlow's
 * Cast does it.
 */
@Internal
public final class Halves {

  private static final int SHIFT = 13; // bits of a float's fraction that a half lacks
  private static final int REBASED = 112; // what a float's exponent has more than a half's

  private Halves() {}

  /** {@code floats}, each rounded to the nearest half, of two the even one. */
  public static TensorValue of(TensorValue floats) {
    return of(floats, DType.FLOAT16);
  }

  /** {@code floats}, each rounded to the nearest number of {@code dtype}, of two the even one. */
  public static TensorValue of(TensorValue floats, DType dtype) {
    FloatBuffer in = floats.bytes().asFloatBuffer();
    ByteBuffer out = ByteBuffer.allocate(2 * in.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      out.putShort(dtype == DType.BFLOAT16 ? upper(in.get()) : half(in.get()));
    }
    return TensorValue.of(dtype, floats.shape(), out.flip());
  }

  /** {@code halves} of either dtype, which are all floats. */
  public static TensorValue toFloats(TensorValue halves) {
    ByteBuffer in = halves.bytes();
    float[] out = new float[in.remaining() / 2];
    boolean areUpper = halves.dtype() == DType.BFLOAT16;
    for (int i = 0; i < out.length; i++) {
      out[i] = areUpper ? Float.intBitsToFloat(in.getShort() << 16) : toFloat(in.getShort());
    }
    return TensorValue.of(halves.shape(), out);
  }

  private static short upper(float value) {
    int bits = Float.floatToIntBits(value);
    int even = (bits >>> 16) & 1;
    return (short) (Float.isNaN(value) ? 0x7fc0 : (bits + 0x7fff + even) >>> 16);
  }

  /** Float.floatToFloat16 needs Java 20. */
  private static short half(float value) {
    int bits = Float.floatToIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    float size = Math.abs(value);
    if (Float.isNaN(value)) {
      return 0x7e00;
    }
    if (size >= 65520) { // where rounding leads to infinity
      return (short) (sign | 0x7c00);
    }
    if (size < 0x1p-14f) { // a multiple of the smallest half
      return (short) (sign | (int) Math.rint(size * 0x1p24));
    }
    int rebased = (bits & 0x7fffffff) - (REBASED << 23);
    int even = (rebased >>> SHIFT) & 1;
    return (short) (sign | ((rebased + (1 << (SHIFT - 1)) - 1 + even) >>> SHIFT));
  }

  /** Float.float16ToFloat needs Java 20. */
  static float toFloat(short half) {
    int exponent = (half >> 10) & 0x1f;
    int fraction = half & 0x3ff;
    int sign = (half & 0x8000) << 16;
    if (exponent == 0) {
      return Float.intBitsToFloat(sign | Float.floatToRawIntBits(fraction * 0x1p-24f));
    }
    if (exponent == 31) {
      return fraction == 0 ? Float.intBitsToFloat(sign | 0x7f800000) : Float.NaN;
    }
    return Float.intBitsToFloat(sign | (exponent + REBASED) << 23 | fraction << SHIFT);
  }

  /** {@code rows} as they are after that; themselves if they are not float32. */
  public static TensorValue round(TensorValue rows, DType dtype) {
    return rows.dtype() == DType.FLOAT32 ? toFloats(of(rows, dtype)) : rows;
  }
}
