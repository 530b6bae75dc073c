package dev.graft.testkit;

import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;

/** Assertions on a {@link TensorValue} whose messages say which element is off and by how much. */
public final class TensorAssert extends AbstractAssert<TensorAssert, TensorValue> {
  private TensorAssert(@Nullable TensorValue actual) {
    super(actual, TensorAssert.class);
  }

  /** Starts an assertion. */
  public static TensorAssert assertThat(@Nullable TensorValue actual) {
    return new TensorAssert(actual);
  }

  /** Every element within {@code atol + rtol * |expected|}; strings have to be equal. */
  public TensorAssert isCloseTo(TensorValue expected, double atol, double rtol) {
    isLike(expected);
    if (expected.dtype() == DType.STRING) {
      return isIdenticalTo(expected);
    }
    Difference difference = Difference.between(actual, expected, atol, rtol);
    if (difference.beyond() > 0) {
      failWithMessage("%s %s (atol %s, rtol %s)", actual, difference, atol, rtol);
    }
    return this;
  }

  /** The same dtype, shape and bits. */
  public TensorAssert isIdenticalTo(TensorValue expected) {
    isLike(expected);
    if (expected.dtype() == DType.STRING) {
      if (!actual.strings().equals(expected.strings())) {
        failWithMessage("strings differ: %s instead of %s", actual.strings(), expected.strings());
      }
    } else if (!actual.bytes().equals(expected.bytes())) {
      failWithMessage(
          "%s is not identical: %s", actual, Difference.between(actual, expected, 0, 0));
    }
    return this;
  }

  /** This dtype. */
  public TensorAssert hasDtype(DType dtype) {
    isNotNull();
    if (actual.dtype() != dtype) {
      failWithMessage("dtype is %s instead of %s", actual.dtype(), dtype);
    }
    return this;
  }

  /** This shape. */
  public TensorAssert hasShape(long... dims) {
    isNotNull();
    if (!actual.shape().equals(Shape.of(dims))) {
      failWithMessage("shape is %s instead of %s", actual.shape(), Shape.of(dims));
    }
    return this;
  }

  private void isLike(TensorValue expected) {
    hasDtype(expected.dtype());
    hasShape(expected.shape().dims());
  }
}
