package dev.graft.tensor;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;
import org.tensorflow.proto.TensorProto;

/**
 * A tensor's content on the Java side: what is fed into a graph, what comes out, what a variable
 * holds. Row-major, little-endian, immutable. Strings are kept as a list, all else as bytes.
 */
public final class TensorValue {

  private final DType dtype;
  private final Shape shape;
  private final ByteBuffer bytes; // empty for strings
  private final List<ByteString> strings; // empty for all else

  private TensorValue(DType dtype, Shape shape, ByteBuffer bytes, List<ByteString> strings) {
    this.dtype = dtype;
    this.shape = shape;
    this.bytes = bytes;
    this.strings = strings;
  }

  /**
   * A tensor over {@code bytes}, which must not be changed afterwards: position to limit, {@code
   * shape.elements() * size(dtype)} bytes.
   */
  public static TensorValue of(DType dtype, Shape shape, ByteBuffer bytes) {
    requireNonNull(dtype, "dtype");
    requireNonNull(shape, "shape");
    requireNonNull(bytes, "bytes");
    long wanted = Math.multiplyExact(shape.elements(), (long) size(dtype));
    if (bytes.remaining() != wanted) {
      throw new BadRequestException(
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
    requireNonNull(shape, "shape");
    requireNonNull(values, "values");
    ByteBuffer bytes = allocate(DType.FLOAT32, shape, values.length);
    bytes.asFloatBuffer().put(values);
    return of(DType.FLOAT32, shape, bytes);
  }

  /** A float64 tensor. */
  public static TensorValue of(Shape shape, double[] values) {
    requireNonNull(shape, "shape");
    requireNonNull(values, "values");
    ByteBuffer bytes = allocate(DType.FLOAT64, shape, values.length);
    bytes.asDoubleBuffer().put(values);
    return of(DType.FLOAT64, shape, bytes);
  }

  /** An int32 tensor. */
  public static TensorValue of(Shape shape, int[] values) {
    requireNonNull(shape, "shape");
    requireNonNull(values, "values");
    ByteBuffer bytes = allocate(DType.INT32, shape, values.length);
    bytes.asIntBuffer().put(values);
    return of(DType.INT32, shape, bytes);
  }

  /** An int64 tensor. */
  public static TensorValue of(Shape shape, long[] values) {
    requireNonNull(shape, "shape");
    requireNonNull(values, "values");
    ByteBuffer bytes = allocate(DType.INT64, shape, values.length);
    bytes.asLongBuffer().put(values);
    return of(DType.INT64, shape, bytes);
  }

  /** A string tensor, of texts in UTF-8. */
  public static TensorValue texts(Shape shape, List<String> values) {
    requireNonNull(shape, "shape");
    requireNonNull(values, "values");
    return strings(shape, values.stream().map(ByteString::copyFromUtf8).toList());
  }

  /** A string tensor of any bytes, such as files of pictures. */
  public static TensorValue byteArrays(Shape shape, List<byte[]> values) {
    requireNonNull(shape, "shape");
    requireNonNull(values, "values");
    return strings(shape, values.stream().map(ByteString::copyFrom).toList());
  }

  /** A string tensor. */
  @Internal
  public static TensorValue strings(Shape shape, List<ByteString> values) {
    if (shape.elements() != values.size()) {
      throw new BadRequestException(
          "shape "
              + shape
              + " does not hold "
              + values.size()
              + " strings; give as many as it holds.");
    }
    return new TensorValue(DType.STRING, shape, ByteBuffer.allocate(0), List.copyOf(values));
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
    requireNonNull(value, "value");
    return strings(Shape.scalar(), List.of(ByteString.copyFromUtf8(value)));
  }

  private static ByteBuffer allocate(DType dtype, Shape shape, int count) {
    if (shape.elements() != count) {
      throw new BadRequestException(
          "shape " + shape + " does not hold " + count + " values; give as many as it holds.");
    }
    return ByteBuffer.allocate(Math.multiplyExact(count, size(dtype)))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** How many bytes one element of {@code dtype} takes. */
  public static int size(DType dtype) {
    requireNonNull(dtype, "dtype");
    return switch (dtype) {
      case BOOL, INT8, UINT8, QINT8, QUINT8 -> 1;
      case FLOAT16, BFLOAT16, INT16, UINT16, QINT16, QUINT16 -> 2;
      case FLOAT32, INT32, UINT32, QINT32 -> 4;
      case FLOAT64, INT64, UINT64, COMPLEX64 -> 8;
      case COMPLEX128 -> 16;
      default ->
          throw new IllegalArgumentException("a tensor of " + dtype + " cannot be held as bytes");
    };
  }

  /** Whether a value can be of {@code dtype}. */
  public static boolean canHold(DType dtype) {
    requireNonNull(dtype, "dtype");
    try {
      return dtype == DType.STRING || size(dtype) > 0;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** The dtype. */
  public DType dtype() {
    return dtype;
  }

  /** The shape, fully known. */
  public Shape shape() {
    return shape;
  }

  /** The content as read-only little-endian bytes from position 0; not for strings. */
  public ByteBuffer bytes() {
    if (dtype == DType.STRING) {
      throw new BadRequestException("a string tensor has no bytes; ask for its strings.");
    }
    return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** So many bytes to write to: where it has as many, its own, and it is of no use afterwards. */
  ByteBuffer memory(int size) {
    boolean fits = bytes.capacity() == size && !bytes.isReadOnly();
    return fits ? bytes.duplicate() : ByteBuffer.allocate(size);
  }

  /** The content of a string tensor, as texts in UTF-8. */
  public List<String> texts() {
    return strings().stream().map(ByteString::toStringUtf8).toList();
  }

  /** The content of a string tensor, as the bytes that it is. */
  public List<byte[]> byteArrays() {
    return strings().stream().map(ByteString::toByteArray).toList();
  }

  /** The content of a string tensor. */
  @Internal
  public List<ByteString> strings() {
    if (dtype != DType.STRING) {
      throw new BadRequestException(
          "a tensor of " + dtype + " holds no strings; ask for its numbers.");
    }
    return strings;
  }

  /** The content of a float32 tensor. */
  public float[] floats() {
    require(DType.FLOAT32);
    float[] values = new float[(int) shape.elements()];
    bytes().asFloatBuffer().get(values);
    return values;
  }

  /** The content of a float64 tensor. */
  public double[] doubles() {
    require(DType.FLOAT64);
    double[] values = new double[(int) shape.elements()];
    bytes().asDoubleBuffer().get(values);
    return values;
  }

  /** The content of an int32 tensor. */
  public int[] ints() {
    require(DType.INT32);
    int[] values = new int[(int) shape.elements()];
    bytes().asIntBuffer().get(values);
    return values;
  }

  /** The content of an int64 tensor. */
  public long[] longs() {
    require(DType.INT64);
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
      case FLOAT32 -> in.getFloat(4 * i);
      case FLOAT64 -> in.getDouble(8 * i);
      case INT32, QINT32 -> in.getInt(4 * i);
      case UINT32 -> Integer.toUnsignedLong(in.getInt(4 * i));
      case INT64 -> in.getLong(8 * i);
      case UINT64 -> unsigned(in.getLong(8 * i));
      case INT16, QINT16 -> in.getShort(2 * i);
      case UINT16, QUINT16 -> Short.toUnsignedInt(in.getShort(2 * i));
      case INT8, QINT8 -> in.get(i);
      case UINT8, QUINT8, BOOL -> Byte.toUnsignedInt(in.get(i));
      case BFLOAT16 -> Float.intBitsToFloat(in.getShort(2 * i) << 16);
      case FLOAT16 -> Halves.toFloat(in.getShort(2 * i));
      default -> throw new BadRequestException("a tensor of " + dtype + " holds no real numbers.");
    };
  }

  private static double unsigned(long value) {
    return value >= 0 ? value : 2.0 * (value >>> 1) + (value & 1);
  }

  private void require(DType wanted) {
    if (dtype != wanted) {
      throw new BadRequestException(
          "this tensor is " + dtype + ", not " + wanted + "; ask for the dtype that it has.");
    }
  }

  /** TensorFlow's own form, as constants in a graph hold it. */
  @Internal
  public TensorProto toProto() {
    TensorProto.Builder proto =
        TensorProto.newBuilder().setDtype(dtype.proto()).setTensorShape(shape.toProto());
    if (dtype == DType.STRING) {
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
  @Internal
  public static TensorValue from(TensorProto proto) {
    return TensorProtos.read(proto);
  }

  @Override
  public String toString() {
    return dtype + " " + shape;
  }
}
