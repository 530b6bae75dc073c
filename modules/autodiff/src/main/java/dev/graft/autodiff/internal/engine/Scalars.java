package dev.graft.autodiff.internal.engine;

import org.tensorflow.proto.DataType;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.proto.TensorShapeProto;

/** Constants of one element in any numeric dtype. */
public final class Scalars {

  private Scalars() {}

  public static TensorProto of(DataType dtype, double value) {
    TensorProto.Builder proto =
        TensorProto.newBuilder()
            .setDtype(dtype)
            .setTensorShape(TensorShapeProto.getDefaultInstance());
    switch (dtype) {
      case DT_FLOAT -> proto.addFloatVal((float) value);
      case DT_DOUBLE -> proto.addDoubleVal(value);
      case DT_INT64 -> proto.addInt64Val((long) value);
      case DT_INT32, DT_INT16, DT_INT8, DT_UINT8, DT_UINT16 -> proto.addIntVal((int) value);
      case DT_BOOL -> proto.addBoolVal(value != 0);
      case DT_COMPLEX64 -> proto.addScomplexVal((float) value).addScomplexVal(0);
      case DT_COMPLEX128 -> proto.addDcomplexVal(value).addDcomplexVal(0);
      case DT_BFLOAT16 -> proto.addHalfVal(bfloat16((float) value));
      case DT_HALF -> proto.addHalfVal(half((float) value));
      default -> throw new IllegalArgumentException("no numbers of dtype " + dtype);
    }
    return proto.build();
  }

  private static int bfloat16(float value) {
    int bits = Float.floatToIntBits(value);
    return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff; // to the nearest, ties to even
  }

  /** IEEE 754 binary32 to binary16, to the nearest (Float.floatToFloat16 needs Java 20). */
  private static int half(float value) {
    int bits = Float.floatToIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    float magnitude = Math.abs(value);
    if (Float.isNaN(value)) {
      return 0x7e00;
    }
    if (magnitude >= 65520f) {
      return sign | 0x7c00;
    }
    if (magnitude < 0x1p-14f) { // subnormal: a multiple of 2^-24
      return sign | Math.round(magnitude * 0x1p24f);
    }
    int rounded = (bits & 0x7fffffff) + 0xfff + ((bits >>> 13) & 1);
    return sign | ((rounded >>> 13) - (112 << 10));
  }
}
