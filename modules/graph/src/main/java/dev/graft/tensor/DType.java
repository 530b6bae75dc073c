package dev.graft.tensor;

import dev.graft.error.Internal;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.tensorflow.proto.DataType;

/**
 * What the elements of a tensor are. The names are TensorFlow's in Python ({@code tf.float32}), in
 * capital letters.
 */
public enum DType {
  FLOAT32(DataType.DT_FLOAT),
  FLOAT64(DataType.DT_DOUBLE),
  FLOAT16(DataType.DT_HALF),
  BFLOAT16(DataType.DT_BFLOAT16),
  FLOAT8_E5M2(DataType.DT_FLOAT8_E5M2),
  FLOAT8_E4M3FN(DataType.DT_FLOAT8_E4M3FN),
  COMPLEX64(DataType.DT_COMPLEX64),
  COMPLEX128(DataType.DT_COMPLEX128),
  INT4(DataType.DT_INT4),
  INT8(DataType.DT_INT8),
  INT16(DataType.DT_INT16),
  INT32(DataType.DT_INT32),
  INT64(DataType.DT_INT64),
  UINT4(DataType.DT_UINT4),
  UINT8(DataType.DT_UINT8),
  UINT16(DataType.DT_UINT16),
  UINT32(DataType.DT_UINT32),
  UINT64(DataType.DT_UINT64),
  QINT8(DataType.DT_QINT8),
  QINT16(DataType.DT_QINT16),
  QINT32(DataType.DT_QINT32),
  QUINT8(DataType.DT_QUINT8),
  QUINT16(DataType.DT_QUINT16),
  BOOL(DataType.DT_BOOL),
  STRING(DataType.DT_STRING),
  RESOURCE(DataType.DT_RESOURCE),
  VARIANT(DataType.DT_VARIANT),
  /** Any other, which Graft does not compute with. */
  OTHER(DataType.DT_INVALID);

  private static final int REFERENCES = 100; // added to the number of what is referred to

  private static final Map<DataType, DType> BY_PROTO =
      Arrays.stream(values()).collect(Collectors.toMap(type -> type.proto, Function.identity()));

  private final DataType proto;

  DType(DataType proto) {
    this.proto = proto;
  }

  /**
   * Returns the type that {@code proto} stands for, be it a reference; {@link #OTHER} for one that
   * is not listed.
   */
  @Internal
  public static DType of(DataType proto) {
    boolean isReference = proto != DataType.UNRECOGNIZED && proto.getNumber() > REFERENCES;
    return BY_PROTO.getOrDefault(
        isReference ? DataType.forNumber(proto.getNumber() - REFERENCES) : proto, OTHER);
  }

  /** What TensorFlow's own form has for this. */
  @Internal
  public DataType proto() {
    return proto;
  }

  /** Whether the elements are real numbers with a point that TensorFlow's kernels compute with. */
  public boolean isFloating() {
    return switch (this) {
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> true;
      default -> false;
    };
  }

  /** Whether the elements are complex numbers. */
  public boolean isComplex() {
    return this == COMPLEX64 || this == COMPLEX128;
  }

  /** Whether the elements are real or complex numbers with a derivative. */
  public boolean isContinuous() {
    return isFloating() || isComplex();
  }

  /** Returns TensorFlow's name, such as {@code float32}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
