package dev.graft.runtime;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_AllocateTensor;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_Dim;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewTensor;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NumDims;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_StringCopy;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_StringDealloc;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_StringGetDataPointer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_StringGetSize;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_StringInit;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorByteSize;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorData;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorType;

import com.google.protobuf.ByteString;
import dev.graft.error.BadRequestException;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.tensorflow.internal.c_api.Deallocator_Pointer_long_Pointer;
import org.tensorflow.internal.c_api.TF_TString;
import org.tensorflow.internal.c_api.TF_Tensor;
import org.tensorflow.proto.DataType;

/** Copies tensors between Java and TensorFlow. Whoever gets a native tensor deletes it. */
final class Tensors {

  private static final int STRING_SIZE = NativeMemory.sizeOf(TF_TString.class);

  /**
   * Frees the strings of a tensor when TensorFlow drops its last reference to it, which may be long
   * after the call that it was fed to: a variable or a table keeps what it was given. Held here,
   * since TensorFlow knows only its address.
   */
  private static final Deallocator_Pointer_long_Pointer FREE_STRINGS =
      new Deallocator_Pointer_long_Pointer() {
        @Override
        public void call(Pointer data, long length, Pointer unused) {
          try (TF_TString strings = new TF_TString(data)) {
            for (long i = 0; i < length / STRING_SIZE; i++) {
              TF_StringDealloc(strings.position(i));
            }
          }
          Pointer.free(new Pointer(data).position(0));
        }
      };

  private Tensors() {}

  /** A native copy of {@code value}. */
  static TF_Tensor toNative(TensorValue value) {
    return value.dtype() == DType.STRING ? strings(value) : numbers(value);
  }

  private static TF_Tensor numbers(TensorValue value) {
    ByteBuffer bytes = value.bytes();
    long[] dims = value.shape().dims();
    TF_Tensor tensor =
        TF_AllocateTensor(value.dtype().proto().getNumber(), dims, dims.length, bytes.remaining());
    if (tensor == null) {
      throw new ExhaustedException("TensorFlow has no room for a tensor " + value + ".");
    }
    if (bytes.hasRemaining()) {
      content(tensor, bytes.remaining()).put(bytes);
    }
    return tensor;
  }

  private static ByteBuffer content(TF_Tensor tensor, long size) {
    return new BytePointer(TF_TensorData(tensor))
        .capacity(size)
        .asByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private static TF_Tensor strings(TensorValue value) {
    List<ByteString> strings = value.strings();
    long[] dims = value.shape().dims();
    long length = (long) strings.size() * STRING_SIZE;
    int longest = strings.stream().mapToInt(ByteString::size).max().orElse(0);
    Pointer data = Pointer.calloc(Math.max(1, length), 1);
    BytePointer staging = new BytePointer(Pointer.malloc(Math.max(1, longest)));
    try {
      ByteBuffer window = staging.capacity(longest).asByteBuffer();
      TF_TString at = new TF_TString(data);
      for (int i = 0; i < strings.size(); i++) {
        window.clear();
        strings.get(i).copyTo(window);
        TF_StringInit(at.position(i));
        TF_StringCopy(at, staging, strings.get(i).size());
      }
    } finally {
      Pointer.free(staging);
    }
    return TF_NewTensor(
        DataType.DT_STRING_VALUE, dims, dims.length, data, length, FREE_STRINGS, null);
  }

  /**
   * A Java copy of {@code tensor}, the output {@code what}.
   *
   * @throws BadRequestException if its dtype has no values (a resource, a list of tensors) or it is
   *     larger than 2 GiB
   */
  static TensorValue toJava(TF_Tensor tensor, TensorRef what) {
    DataType dtype = dtype(tensor);
    long[] dims = new long[TF_NumDims(tensor)];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = TF_Dim(tensor, i);
    }
    Shape shape = Shape.of(dims);
    if (dtype == DataType.DT_STRING) {
      return TensorValue.strings(shape, readStrings(tensor, (int) shape.elements()));
    }
    if (dtype == DataType.DT_RESOURCE || dtype == DataType.DT_VARIANT) {
      throw new BadRequestException(
          "'" + what + "' is a " + dtype + ", which has no value outside TensorFlow.");
    }
    long size = TF_TensorByteSize(tensor);
    if (size > Integer.MAX_VALUE - 8) {
      throw new BadRequestException(
          "'"
              + what
              + "' is "
              + dtype
              + " "
              + shape
              + ", "
              + size
              + " bytes; one value can hold 2 GiB: ask for a smaller batch or for slices of it.");
    }
    ByteBuffer copy = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
    if (size > 0) {
      copy.put(content(tensor, size));
    }
    return TensorValue.of(DType.of(dtype), shape, copy.flip());
  }

  private static List<ByteString> readStrings(TF_Tensor tensor, int count) {
    List<ByteString> strings = new ArrayList<>(count);
    if (count == 0) {
      return strings;
    }
    TF_TString at = new TF_TString(TF_TensorData(tensor));
    for (int i = 0; i < count; i++) {
      long size = TF_StringGetSize(at.position(i));
      if (size == 0) {
        strings.add(ByteString.EMPTY);
      } else {
        BytePointer data = TF_StringGetDataPointer(at);
        strings.add(ByteString.copyFrom(data.capacity(size).asByteBuffer()));
      }
    }
    return strings;
  }

  static DataType dtype(TF_Tensor tensor) {
    return DataType.forNumber(TF_TensorType(tensor));
  }
}
