package dev.graft.internal.live;

import dev.graft.error.BadDataException;
import dev.graft.tensor.DType;
import dev.graft.tensor.Halves;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Brings the numbers that a client gives to the dtype that a model takes. Where that has a point
 * they may lose digits; where it is of whole numbers they stay what they are, or are refused.
 *
 * @param wanted the dtype that the model takes
 * @param place where the value belongs, for messages
 */
record Cast(DType wanted, String place) {

  private static final double MOST_WHOLE = 0x1p63; // and what is more does not fit in a long

  /**
   * {@code value} in the wanted dtype.
   *
   * @throws BadDataException if it cannot be
   */
  TensorValue of(TensorValue value) {
    if (value.dtype() == wanted) {
      return value;
    }
    if (value.shape().elements() == 0 && TensorValue.canHold(wanted)) {
      return TensorValue.of(wanted, value.shape(), ByteBuffer.allocate(0));
    }
    if (value.shape().elements() == 0 && wanted == DType.STRING) {
      return TensorValue.strings(value.shape(), List.of());
    }
    if (value.dtype() == DType.STRING
        || value.dtype().isComplex()
        || !TensorValue.canHold(wanted)) {
      throw unfit(value.dtype().toString());
    }
    Shape shape = value.shape();
    return switch (wanted) {
      case FLOAT32 -> TensorValue.of(shape, floats(value));
      case FLOAT64 -> TensorValue.of(shape, value.asDoubles());
      case FLOAT16 -> Halves.of(TensorValue.of(shape, floats(value)));
      case BFLOAT16 -> bfloats(shape, floats(value));
      case INT64 -> TensorValue.of(shape, whole(value, Long.MIN_VALUE, Long.MAX_VALUE));
      case INT32 -> integers(shape, whole(value, Integer.MIN_VALUE, Integer.MAX_VALUE));
      case UINT32 -> integers(shape, whole(value, 0, 0xffff_ffffL));
      case INT16 -> integers(shape, whole(value, Short.MIN_VALUE, Short.MAX_VALUE));
      case UINT16 -> integers(shape, whole(value, 0, 0xffff));
      case INT8 -> integers(shape, whole(value, Byte.MIN_VALUE, Byte.MAX_VALUE));
      case UINT8 -> integers(shape, whole(value, 0, 0xff));
      case BOOL -> integers(shape, whole(value, 0, 1));
      default -> throw unfit(value.dtype().toString());
    };
  }

  private BadDataException unfit(String given) {
    return new BadDataException(place + " takes " + wanted + ", and " + given + " is given.");
  }

  private static float[] floats(TensorValue value) {
    double[] from = value.asDoubles();
    float[] to = new float[from.length];
    for (int i = 0; i < from.length; i++) {
      to[i] = (float) from[i];
    }
    return to;
  }

  private static TensorValue bfloats(Shape shape, float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      int bits = Float.floatToIntBits(value);
      int up =
          Float.isNaN(value) ? 0 : 0x7fff + (bits >>> 16 & 1); // to the nearest, as IEEE has it
      bytes.putShort((short) (bits + up >>> 16));
    }
    return TensorValue.of(DType.BFLOAT16, shape, bytes.flip());
  }

  private long[] whole(TensorValue value, long least, long most) {
    long[] all;
    if (value.dtype() == DType.INT64) {
      all = value.longs();
    } else {
      double[] from = value.asDoubles();
      all = new long[from.length];
      for (int i = 0; i < from.length; i++) {
        all[i] = (long) from[i];
        if (all[i] != from[i] || Math.abs(from[i]) >= MOST_WHOLE) {
          throw unfit(from[i] + "");
        }
      }
    }
    for (long each : all) {
      if (each < least || each > most) {
        throw unfit(each + "");
      }
    }
    return all;
  }

  private TensorValue integers(Shape shape, long[] values) {
    int size = TensorValue.size(wanted);
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(size, values.length)).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      for (int i = 0; i < size; i++) {
        bytes.put((byte) (value >> 8 * i));
      }
    }
    return TensorValue.of(wanted, shape, bytes.flip());
  }
}
