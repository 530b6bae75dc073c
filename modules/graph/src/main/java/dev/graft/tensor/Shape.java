package dev.graft.tensor;

import static java.util.Objects.requireNonNull;

import dev.graft.error.Internal;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.TensorShapeProto;

/**
 * The shape of a tensor as far as it is known: unknown rank, or dimensions of which some may be
 * unknown (-1).
 */
public final class Shape {

  /** The size of a dimension that is not known before the graph runs. */
  public static final long UNKNOWN = -1;

  private static final Shape UNKNOWN_RANK = new Shape(null);
  private static final Shape SCALAR = new Shape(new long[0]);

  private final long @Nullable [] dims;

  private Shape(long @Nullable [] dims) {
    this.dims = dims;
  }

  /** A shape with these dimensions, -1 where unknown. */
  public static Shape of(long... dims) {
    requireNonNull(dims, "dims");
    return new Shape(dims.clone());
  }

  /** The shape of a single number. */
  public static Shape scalar() {
    return SCALAR;
  }

  /** A shape of which not even the rank is known. */
  public static Shape unknown() {
    return UNKNOWN_RANK;
  }

  /** Reads TensorFlow's own form. */
  @Internal
  public static Shape from(TensorShapeProto proto) {
    if (proto.getUnknownRank()) {
      return UNKNOWN_RANK;
    }
    return new Shape(
        proto.getDimList().stream().mapToLong(TensorShapeProto.Dim::getSize).toArray());
  }

  /** TensorFlow's own form. */
  @Internal
  public TensorShapeProto toProto() {
    TensorShapeProto.Builder proto = TensorShapeProto.newBuilder();
    if (dims == null) {
      return proto.setUnknownRank(true).build();
    }
    for (long dim : dims) {
      proto.addDim(TensorShapeProto.Dim.newBuilder().setSize(dim));
    }
    return proto.build();
  }

  /** Whether the number of dimensions is known. */
  public boolean hasRank() {
    return dims != null;
  }

  /** The number of dimensions, or -1 if unknown. */
  public int rank() {
    return dims == null ? -1 : dims.length;
  }

  /** The size of dimension {@code i} (negative counts from the end), -1 if unknown. */
  public long dim(int i) {
    if (dims == null) {
      return UNKNOWN;
    }
    return dims[i < 0 ? dims.length + i : i];
  }

  /** The dimensions, -1 where unknown; fails if the rank is unknown. */
  public long[] dims() {
    if (dims == null) {
      throw new IllegalStateException("a shape of unknown rank has no dimensions");
    }
    return dims.clone();
  }

  /** Whether rank and all dimensions are known. */
  public boolean isFullyKnown() {
    return dims != null && Arrays.stream(dims).noneMatch(d -> d < 0);
  }

  /** How many elements a tensor of this shape has; fails unless the shape is fully known. */
  public long elements() {
    if (!isFullyKnown()) {
      throw new IllegalStateException("shape " + this + " is not fully known");
    }
    return Arrays.stream(dims()).reduce(1, Math::multiplyExact);
  }

  /** This shape with dimension {@code i} replaced (negative counts from the end). */
  public Shape dim(int i, long size) {
    long[] copy = dims();
    copy[i < 0 ? copy.length + i : i] = size;
    return new Shape(copy);
  }

  /** Whether a tensor could have both shapes. */
  public boolean isCompatibleWith(Shape other) {
    requireNonNull(other, "other");
    if (dims == null || other.dims == null) {
      return true;
    }
    if (dims.length != other.dims.length) {
      return false;
    }
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] >= 0 && other.dims[i] >= 0 && dims[i] != other.dims[i]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof Shape other && Arrays.equals(dims, other.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** {@code [?, 224, 224, 3]}, or {@code [...]} if the rank is unknown. */
  @Override
  public String toString() {
    if (dims == null) {
      return "[...]";
    }
    return Arrays.stream(dims)
        .mapToObj(d -> d < 0 ? "?" : Long.toString(d))
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
