package dev.graft.tensor;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import dev.graft.error.BadModelException;
import java.io.IOException;
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

  /** What a few listed values may stand for: a small file could otherwise take all memory. */
  static final long MAX_REPEATED_BYTES = 1L << 26;

  private static final long MAX_REPEATED_STRINGS = 1L << 20;

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
      size = TensorValue.size(DType.of(dtype));
    } catch (IllegalArgumentException e) {
      throw new BadModelException("a constant of dtype " + dtype + " cannot be read.", e);
    }
    if (count > MAX_BYTES / size) {
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
      return TensorValue.of(DType.of(dtype), shape, content.asReadOnlyByteBuffer());
    }
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
    if (listed < count && count * size > MAX_REPEATED_BYTES) {
      throw new BadModelException(
          "a constant " + dtype + " " + shape + " lists " + listed + " values for " + count + ".");
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) (count * size)).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count && listed > 0; i++) { // none listed means all zero
      put(bytes, proto, Math.min(i, listed - 1));
    }
    return TensorValue.of(DType.of(dtype), shape, bytes.clear());
  }

  private static boolean isComplex(DataType dtype) {
    return dtype == DataType.DT_COMPLEX64 || dtype == DataType.DT_COMPLEX128;
  }

  private static List<ByteString> strings(TensorProto proto, long count) {
    boolean packed = !proto.getTensorContent().isEmpty();
    List<ByteString> listed =
        packed ? unpack(proto.getTensorContent(), count) : proto.getStringValList();
    if (listed.size() > count || listed.size() < count && count > MAX_REPEATED_STRINGS) {
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

  /** Strings as {@code tensor_content} holds them: all lengths, then all bytes. */
  private static List<ByteString> unpack(ByteString content, long count) {
    List<ByteString> strings = new ArrayList<>();
    try {
      CodedInputStream lengths = content.newCodedInput();
      long total = 0;
      List<Integer> sizes = new ArrayList<>();
      for (long i = 0; i < count; i++) {
        int size = Math.toIntExact(lengths.readRawVarint64());
        total += size;
        sizes.add(size);
      }
      int at = lengths.getTotalBytesRead();
      if (total != content.size() - at) {
        throw new IllegalArgumentException("it holds " + (content.size() - at) + " bytes of text");
      }
      for (int size : sizes) {
        strings.add(content.substring(at, at + size));
        at += size;
      }
    } catch (IllegalArgumentException
        | ArithmeticException
        | IndexOutOfBoundsException
        | IOException e) {
      throw new BadModelException("a string constant is damaged: " + e.getMessage() + ".", e);
    }
    return strings;
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
