package dev.graft.model;

import com.google.protobuf.ByteString;
import dev.graft.graph.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.TensorProto;

/**
 * Reads {@link TensorProto}: see TensorFlow's tensor.proto for the two forms that content takes
 * there.
 */
final class TensorProtos {

  /** Larger than any weight of a real model, smaller than what exhausts memory. */
  private static final long MAX_BYTES = 1L << 31;

  private TensorProtos() {}

  static TensorValue read(TensorProto proto) {
    Shape shape = Shape.from(proto.getTensorShape());
    if (!shape.isFullyKnown()) {
      throw new BadModelException("a constant has the shape " + shape + "; its file is damaged.");
    }
    DataType dtype = proto.getDtype();
    long count;
    try {
      count = shape.elements();
    } catch (ArithmeticException e) {
      throw new BadModelException(
          "a constant has the shape " + shape + "; its file is damaged.", e);
    }
    if (dtype == DataType.DT_STRING) {
      return TensorValue.strings(shape, strings(proto, count));
    }
    int size;
    try {
      size = TensorValue.size(dtype);
    } catch (IllegalArgumentException e) {
      throw new BadModelException("a constant of dtype " + dtype + " cannot be read.", e);
    }
    if (count * size > MAX_BYTES) {
      throw new BadModelException("a constant has the shape " + shape + ", more than 2 GiB.");
    }
    if (!proto.getTensorContent().isEmpty() || count == 0) {
      ByteString content = proto.getTensorContent();
      if (content.size() != count * size) {
        throw new BadModelException(
            "a constant "
                + dtype
                + " "
                + shape
                + " holds "
                + content.size()
                + " bytes; its file is damaged.");
      }
      return TensorValue.of(dtype, shape, content.asReadOnlyByteBuffer());
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) (count * size)).order(ByteOrder.LITTLE_ENDIAN);
    int listed = listed(proto) / (isComplex(dtype) ? 2 : 1);
    if (listed > count) {
      throw new BadModelException(
          "a constant "
              + dtype
              + " "
              + shape
              + " lists "
              + listed
              + " values; its file is damaged.");
    }
    for (int i = 0; i < count; i++) {
      if (listed > 0) { // none listed means all zero
        put(bytes, proto, Math.min(i, listed - 1));
      }
    }
    return TensorValue.of(dtype, shape, bytes.clear());
  }

  private static boolean isComplex(DataType dtype) {
    return dtype == DataType.DT_COMPLEX64 || dtype == DataType.DT_COMPLEX128;
  }

  private static List<ByteString> strings(TensorProto proto, long count) {
    List<ByteString> listed = proto.getStringValList();
    if (listed.size() > count || count > Integer.MAX_VALUE / 16) {
      throw new BadModelException(
          "a string constant lists " + listed.size() + " values for " + count + ".");
    }
    List<ByteString> all = new ArrayList<>(listed);
    ByteString last = listed.isEmpty() ? ByteString.EMPTY : listed.get(listed.size() - 1);
    while (all.size() < count) {
      all.add(last);
    }
    return all;
  }

  private static int listed(TensorProto proto) {
    return switch (proto.getDtype()) {
      case DT_FLOAT -> proto.getFloatValCount();
      case DT_DOUBLE -> proto.getDoubleValCount();
      case DT_INT64 -> proto.getInt64ValCount();
      case DT_UINT64 -> proto.getUint64ValCount();
      case DT_UINT32 -> proto.getUint32ValCount();
      case DT_BOOL -> proto.getBoolValCount();
      case DT_HALF, DT_BFLOAT16 -> proto.getHalfValCount();
      case DT_COMPLEX64 -> proto.getScomplexValCount();
      case DT_COMPLEX128 -> proto.getDcomplexValCount();
      default -> proto.getIntValCount();
    };
  }

  private static void put(ByteBuffer out, TensorProto proto, int i) {
    switch (proto.getDtype()) {
      case DT_FLOAT -> out.putFloat(proto.getFloatVal(i));
      case DT_DOUBLE -> out.putDouble(proto.getDoubleVal(i));
      case DT_INT64 -> out.putLong(proto.getInt64Val(i));
      case DT_UINT64 -> out.putLong(proto.getUint64Val(i));
      case DT_UINT32 -> out.putInt(proto.getUint32Val(i));
      case DT_BOOL -> out.put((byte) (proto.getBoolVal(i) ? 1 : 0));
      case DT_HALF, DT_BFLOAT16 -> out.putShort((short) proto.getHalfVal(i));
      case DT_COMPLEX64 ->
          out.putFloat(proto.getScomplexVal(2 * i)).putFloat(proto.getScomplexVal(2 * i + 1));
      case DT_COMPLEX128 ->
          out.putDouble(proto.getDcomplexVal(2 * i)).putDouble(proto.getDcomplexVal(2 * i + 1));
      case DT_INT32, DT_QINT32 -> out.putInt(proto.getIntVal(i));
      case DT_INT16, DT_UINT16, DT_QINT16, DT_QUINT16 -> out.putShort((short) proto.getIntVal(i));
      default -> out.put((byte) proto.getIntVal(i));
    }
  }
}
