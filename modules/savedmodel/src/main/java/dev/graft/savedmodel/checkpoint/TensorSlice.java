package dev.graft.savedmodel.checkpoint;

import com.google.protobuf.ByteString;
import dev.graft.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.tensorflow.proto.TensorSliceProto;

/**
 * A rectangular part of a tensor: where it starts and how far it reaches in each dimension.
 *
 * @param starts the first index in each dimension
 * @param lengths the extent in each dimension
 * @param full whether a dimension was written as "all of it", which is part of the slice's key
 */
record TensorSlice(long[] starts, long[] lengths, boolean[] full) {

  /** The whole of a tensor of {@code shape}. */
  static TensorSlice whole(Shape shape) {
    boolean[] full = new boolean[shape.rank()];
    Arrays.fill(full, true);
    return new TensorSlice(new long[shape.rank()], shape.dims(), full);
  }

  /** The part of a tensor of {@code shape} that a checkpoint's index names. */
  static TensorSlice of(TensorSliceProto proto, Shape shape) {
    if (proto.getExtentCount() != shape.rank()) {
      throw new IllegalArgumentException("a slice has another rank than its tensor");
    }
    TensorSlice slice = whole(shape);
    for (int i = 0; i < shape.rank(); i++) {
      TensorSliceProto.Extent extent = proto.getExtent(i);
      if (!extent.hasLength() && extent.getStart() != 0) {
        throw new IllegalArgumentException("a slice without an end does not begin at 0");
      }
      if (extent.hasLength()) {
        slice.set(i, extent.getStart(), extent.getLength(), shape);
      }
    }
    return slice;
  }

  /**
   * Reads the form that RestoreV2 takes: the full shape, then for each dimension {@code
   * start,length} or {@code -} for all of it: {@code "10 4 0,5:-"}.
   */
  static TensorSlice parse(String spec, Shape shape) {
    String[] words = spec.trim().split(" ", -1);
    String[] parts = words[words.length - 1].split(":", -1);
    if (words.length - 1 != shape.rank() || parts.length != shape.rank()) {
      throw new IllegalArgumentException(
          "the slice '" + spec + "' does not fit a tensor of shape " + shape);
    }
    TensorSlice slice = whole(shape);
    try {
      for (int i = 0; i < shape.rank(); i++) {
        if (Long.parseLong(words[i]) != shape.dim(i)) {
          throw new IllegalArgumentException(
              "the slice '" + spec + "' does not fit a tensor of shape " + shape);
        }
        if (!parts[i].equals("-")) {
          int comma = parts[i].indexOf(',');
          slice.set(
              i,
              Long.parseLong(parts[i].substring(0, Math.max(comma, 0))),
              Long.parseLong(parts[i].substring(comma + 1)),
              shape);
        }
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + spec + "' is no slice", e);
    }
    return slice;
  }

  private void set(int i, long start, long length, Shape shape) {
    if (start < 0 || length < 0 || start > shape.dim(i) - length) {
      throw new IllegalArgumentException(
          "a slice reaches to " + (start + length) + " of " + shape.dim(i) + " in dimension " + i);
    }
    starts[i] = start;
    lengths[i] = length;
    full[i] = false;
  }

  /** The shape of the part. */
  Shape shape() {
    return Shape.of(lengths);
  }

  /**
   * The key under which a checkpoint's index keeps this part of the tensor called {@code name}
   * (TensorFlow's EncodeTensorNameSlice, in the encoding of ordered_code.h).
   */
  ByteString key(ByteString name) {
    ByteArrayOutputStream key = new ByteArrayOutputStream();
    writeUnsigned(key, 0);
    for (byte b : name.toByteArray()) {
      key.write(b);
      if (b == 0) {
        key.write(0xff);
      } else if (b == (byte) 0xff) {
        key.write(0);
      }
    }
    key.write(0);
    key.write(1);
    writeUnsigned(key, starts.length);
    for (int i = 0; i < starts.length; i++) {
      writeSigned(key, starts[i]);
      writeSigned(key, full[i] ? -1 : lengths[i]);
    }
    return ByteString.copyFrom(key.toByteArray());
  }

  private static void writeUnsigned(ByteArrayOutputStream out, long value) {
    int bytes = (64 - Long.numberOfLeadingZeros(value) + 7) / 8;
    out.write(bytes);
    for (int i = bytes - 1; i >= 0; i--) {
      out.write((int) (value >>> (8 * i)));
    }
  }

  /**
   * The sign, then as many ones as further bytes follow, then the number, the highest bit first.
   */
  private static void writeSigned(ByteArrayOutputStream out, long value) {
    int bits = 64 - Long.numberOfLeadingZeros(value < 0 ? ~value : value);
    int bytes = bits / 7 + 1;
    byte[] text = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      int shift = 8 * (bytes - 1 - i);
      text[i] = (byte) (shift > 63 ? value >> 63 : value >> shift);
    }
    int marks = -(1 << (16 - bytes)); // `bytes` ones from the top of 16 bits
    text[0] ^= (byte) (marks >> 8);
    if (bytes > 1) {
      text[1] ^= (byte) marks;
    }
    out.writeBytes(text);
  }

  /**
   * Copies what {@code from} and this part have in common from {@code in} (the content of {@code
   * from}) to {@code out} (the content of this part).
   *
   * @param size bytes of one element
   * @return how many elements were copied
   */
  long copy(TensorSlice from, ByteBuffer in, ByteBuffer out, int size) {
    int rank = starts.length;
    long[] low = new long[rank];
    long[] high = new long[rank];
    long count = 1;
    for (int i = 0; i < rank; i++) {
      low[i] = Math.max(starts[i], from.starts[i]);
      high[i] = Math.min(starts[i] + lengths[i], from.starts[i] + from.lengths[i]);
      count *= Math.max(0, high[i] - low[i]);
    }
    if (count > 0) {
      copyRows(from, in, out, size, new Box(low, high));
    }
    return count;
  }

  /** The part that two slices share. */
  private record Box(long[] low, long[] high) {}

  private void copyRows(TensorSlice from, ByteBuffer in, ByteBuffer out, int size, Box box) {
    long[] low = box.low;
    long[] high = box.high;
    int last = starts.length - 1;
    int row = Math.toIntExact((last < 0 ? 1 : high[last] - low[last]) * size);
    long[] at = low.clone();
    while (true) {
      out.put((int) (offset(at) * size), in, in.position() + (int) (from.offset(at) * size), row);
      int dim = last - 1;
      while (dim >= 0 && ++at[dim] == high[dim]) {
        at[dim] = low[dim];
        dim--;
      }
      if (dim < 0) {
        return;
      }
    }
  }

  private long offset(long[] at) {
    long offset = 0;
    for (int i = 0; i < starts.length; i++) {
      offset = offset * lengths[i] + at[i] - starts[i];
    }
    return offset;
  }
}
