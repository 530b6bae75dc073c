package dev.graft.tensor;

import com.google.protobuf.ByteString;
import dev.graft.error.BadModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.TensorProto;

/**
 * A tensor's content on the Java side: what is fed into a graph, what comes out, what a variable
 * holds. Row-major, little-endian, immutable. Strings are kept as a list, all else as bytes.
 */
public final class TensorValue {

  private final DataType dtype;
  private final Shape shape;
  private final ByteBuffer bytes; // empty for strings
  private final List<ByteString> strings; // empty for all else

  private TensorValue(DataType dtype, Shape shape, ByteBuffer bytes, List<ByteString> strings) {
    this.dtype = dtype;
    this.shape = shape;
    this.bytes = bytes;
    this.strings = strings;
  }

  /**
   * A tensor over {@code bytes}, which must not be changed afterwards: position to limit, {@code
   * shape.elements() * size(dtype)} bytes.
   */
  public static TensorValue of(DataType dtype, Shape shape, ByteBuffer bytes) {
    long wanted = Math.multiplyExact(shape.elements(), (long) size(dtype));
    if (bytes.remaining() != wanted) {
      throw new IllegalArgumentException(
          "a tensor "
              + dtype
              + " "
              + shape
              + " takes "
              + wanted
              + " bytes, given "
              + bytes.remaining());
    }
    return new TensorValue(dtype, shape, bytes.slice().order(ByteOrder.LITTLE_ENDIAN), List.of());
  }

  /** A float32 tensor. */
  public static TensorValue of(Shape shape, float[] values) {
    ByteBuffer bytes = allocate(DataType.DT_FLOAT, shape, values.length);
    bytes.asFloatBuffer().put(values);
    return of(DataType.DT_FLOAT, shape, bytes);
  }

  /** A float64 tensor. */
  public static TensorValue of(Shape shape, double[] values) {
    ByteBuffer bytes = allocate(DataType.DT_DOUBLE, shape, values.length);
    bytes.asDoubleBuffer().put(values);
    return of(DataType.DT_DOUBLE, shape, bytes);
  }

  /** An int32 tensor. */
  public static TensorValue of(Shape shape, int[] values) {
    ByteBuffer bytes = allocate(DataType.DT_INT32, shape, values.length);
    bytes.asIntBuffer().put(values);
    return of(DataType.DT_INT32, shape, bytes);
  }

  /** An int64 tensor. */
  public static TensorValue of(Shape shape, long[] values) {
    ByteBuffer bytes = allocate(DataType.DT_INT64, shape, values.length);
    bytes.asLongBuffer().put(values);
    return of(DataType.DT_INT64, shape, bytes);
  }

  /** A string tensor. */
  public static TensorValue strings(Shape shape, List<ByteString> values) {
    if (shape.elements() != values.size()) {
      throw new IllegalArgumentException(
          "shape " + shape + " does not hold " + values.size() + " strings");
    }
    return new TensorValue(DataType.DT_STRING, shape, ByteBuffer.allocate(0), List.copyOf(values));
  }

  /** A float32 scalar. */
  public static TensorValue scalar(float value) {
    return of(Shape.scalar(), new float[] {value});
  }

  /** An int32 scalar. */
  public static TensorValue scalar(int value) {
    return of(Shape.scalar(), new int[] {value});
  }

  /** An int64 scalar. */
  public static TensorValue scalar(long value) {
    return of(Shape.scalar(), new long[] {value});
  }

  /** A string scalar, UTF-8. */
  public static TensorValue scalar(String value) {
    return strings(Shape.scalar(), List.of(ByteString.copyFromUtf8(value)));
  }

  private static ByteBuffer allocate(DataType dtype, Shape shape, int count) {
    if (shape.elements() != count) {
      throw new IllegalArgumentException("shape " + shape + " does not hold " + count + " values");
    }
    return ByteBuffer.allocate(Math.multiplyExact(count, size(dtype)))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** How many bytes one element of {@code dtype} takes. */
  public static int size(DataType dtype) {
    return switch (dtype) {
      case DT_BOOL, DT_INT8, DT_UINT8, DT_QINT8, DT_QUINT8 -> 1;
      case DT_HALF, DT_BFLOAT16, DT_INT16, DT_UINT16, DT_QINT16, DT_QUINT16 -> 2;
      case DT_FLOAT, DT_INT32, DT_UINT32, DT_QINT32 -> 4;
      case DT_DOUBLE, DT_INT64, DT_UINT64, DT_COMPLEX64 -> 8;
      case DT_COMPLEX128 -> 16;
      default ->
          throw new IllegalArgumentException("a tensor of " + dtype + " cannot be held as bytes");
    };
  }

  /** Whether a value can be of {@code dtype}. */
  public static boolean canHold(DataType dtype) {
    try {
      return dtype == DataType.DT_STRING || size(dtype) > 0;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** The dtype. */
  public DataType dtype() {
    return dtype;
  }

  /** The shape, fully known. */
  public Shape shape() {
    return shape;
  }

  /** The content as read-only little-endian bytes from position 0; not for strings. */
  public ByteBuffer bytes() {
    if (dtype == DataType.DT_STRING) {
      throw new IllegalStateException("a string tensor has no bytes");
    }
    return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** So many bytes to write to: where it has as many, its own, and it is of no use afterwards. */
  ByteBuffer memory(int size) {
    boolean fits = bytes.capacity() == size && !bytes.isReadOnly();
    return fits ? bytes.duplicate() : ByteBuffer.allocate(size);
  }

  /** The content of a string tensor. */
  public List<ByteString> strings() {
    if (dtype != DataType.DT_STRING) {
      throw new IllegalStateException("a tensor of " + dtype + " holds no strings");
    }
    return strings;
  }

  /** The content of a float32 tensor. */
  public float[] floats() {
    require(DataType.DT_FLOAT);
    float[] values = new float[(int) shape.elements()];
    bytes().asFloatBuffer().get(values);
    return values;
  }

  /** The content of a float64 tensor. */
  public double[] doubles() {
    require(DataType.DT_DOUBLE);
    double[] values = new double[(int) shape.elements()];
    bytes().asDoubleBuffer().get(values);
    return values;
  }

  /** The content of an int32 tensor. */
  public int[] ints() {
    require(DataType.DT_INT32);
    int[] values = new int[(int) shape.elements()];
    bytes().asIntBuffer().get(values);
    return values;
  }

  /** The content of an int64 tensor. */
  public long[] longs() {
    require(DataType.DT_INT64);
    long[] values = new long[(int) shape.elements()];
    bytes().asLongBuffer().get(values);
    return values;
  }

  /**
   * The content of any real numeric or boolean tensor, widened to double; of a quantised one the
   * whole numbers that it holds.
   */
  public double[] asDoubles() {
    ByteBuffer in = bytes();
    int count = (int) shape.elements();
    return IntStream.range(0, count).mapToDouble(i -> element(in, i)).toArray();
  }

  private double element(ByteBuffer in, int i) {
    return switch (dtype) {
      case DT_FLOAT -> in.getFloat(4 * i);
      case DT_DOUBLE -> in.getDouble(8 * i);
      case DT_INT32, DT_QINT32 -> in.getInt(4 * i);
      case DT_UINT32 -> Integer.toUnsignedLong(in.getInt(4 * i));
      case DT_INT64 -> in.getLong(8 * i);
      case DT_UINT64 -> unsigned(in.getLong(8 * i));
      case DT_INT16, DT_QINT16 -> in.getShort(2 * i);
      case DT_UINT16, DT_QUINT16 -> Short.toUnsignedInt(in.getShort(2 * i));
      case DT_INT8, DT_QINT8 -> in.get(i);
      case DT_UINT8, DT_QUINT8, DT_BOOL -> Byte.toUnsignedInt(in.get(i));
      case DT_BFLOAT16 -> Float.intBitsToFloat(in.getShort(2 * i) << 16);
      case DT_HALF -> halfToFloat(in.getShort(2 * i));
      default -> throw new IllegalStateException("a tensor of " + dtype + " holds no real numbers");
    };
  }

  private static double unsigned(long value) {
    return value >= 0 ? value : 2.0 * (value >>> 1) + (value & 1);
  }

  /** IEEE 754 binary16 to binary32 (Float.float16ToFloat needs Java 20). */
  private static float halfToFloat(short half) {
    int exponent = (half >> 10) & 0x1f;
    int fraction = half & 0x3ff;
    float sign = half < 0 ? -1f : 1f;
    if (exponent == 0) {
      return sign * fraction * 0x1p-24f;
    }
    if (exponent == 31) {
      return fraction == 0 ? sign * Float.POSITIVE_INFINITY : Float.NaN;
    }
    return sign * (1 + fraction * 0x1p-10f) * (float) Math.pow(2, exponent - 15);
  }

  private void require(DataType wanted) {
    if (dtype != wanted) {
      throw new IllegalStateException("this tensor is " + dtype + ", not " + wanted);
    }
  }

  /** TensorFlow's own form, as constants in a graph hold it. */
  public TensorProto toProto() {
    TensorProto.Builder proto =
        TensorProto.newBuilder().setDtype(dtype).setTensorShape(shape.toProto());
    if (dtype == DataType.DT_STRING) {
      return proto.addAllStringVal(strings).build();
    }
    return proto.setTensorContent(ByteString.copyFrom(bytes())).build();
  }

  /**
   * Reads TensorFlow's own form, in which numbers stand either as raw bytes or in a list by type,
   * where a list that is too short is continued with its last value.
   *
   * @throws BadModelException if the content does not fit the shape
   */
  public static TensorValue from(TensorProto proto) {
    return TensorProtos.read(proto);
  }

  @Override
  public String toString() {
    return dtype + " " + shape;
  }
}
