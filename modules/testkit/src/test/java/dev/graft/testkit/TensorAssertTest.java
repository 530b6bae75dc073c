package dev.graft.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.List;
import org.junit.jupiter.api.Test;

class TensorAssertTest {
  private static final Shape TWO_BY_TWO = Shape.of(2, 2);

  private static TensorValue floats(float... values) {
    return TensorValue.of(TWO_BY_TWO, values);
  }

  @Test
  void namesTheElementThatIsOff() {
    TensorValue expected = floats(1, 2, 3, 4);
    TensorAssert.assertThat(floats(1, 2, 3, 4.00001f)).isCloseTo(expected, 1e-4, 0);
    assertThatThrownBy(
            () -> TensorAssert.assertThat(floats(1, 2, 3.5f, 4)).isCloseTo(expected, 1e-4, 1e-4))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("1 of 4 elements")
        .hasMessageContaining("[1, 0]: 3.5 instead of 3.0")
        .hasMessageContaining("0.500 absolute");
  }

  @Test
  void relativeToleranceGrowsWithTheExpectedElement() {
    TensorAssert.assertThat(floats(0, 0, 0, 1001)).isCloseTo(floats(0, 0, 0, 1000), 0, 1e-2);
    assertThatThrownBy(
            () -> TensorAssert.assertThat(floats(1, 0, 0, 0)).isCloseTo(floats(0, 0, 0, 0), 0, 1))
        .hasMessageContaining("[0, 0]");
  }

  @Test
  void nanIsOnlyLikeNan() {
    float nan = Float.NaN;
    float inf = Float.POSITIVE_INFINITY;
    TensorAssert.assertThat(floats(nan, inf, -inf, 0)).isCloseTo(floats(nan, inf, -inf, 0), 0, 0);
    assertThatThrownBy(
            () -> TensorAssert.assertThat(floats(nan, 0, 0, 0)).isCloseTo(floats(0, 0, 0, 0), 9, 9))
        .hasMessageContaining("NaN instead of 0.0");
    assertThatThrownBy(
            () -> TensorAssert.assertThat(floats(1, 0, 0, 0)).isCloseTo(floats(inf, 0, 0, 0), 9, 9))
        .hasMessageContaining("1.0 instead of Infinity");
  }

  @Test
  void shapesAndDtypesCount() {
    TensorValue flat = TensorValue.of(Shape.of(4), new float[4]);
    assertThatThrownBy(() -> TensorAssert.assertThat(flat).isCloseTo(floats(0, 0, 0, 0), 1, 1))
        .hasMessageContaining("shape is [4] instead of [2, 2]");
    TensorValue doubles = TensorValue.of(TWO_BY_TWO, new double[4]);
    assertThatThrownBy(() -> TensorAssert.assertThat(doubles).isCloseTo(floats(0, 0, 0, 0), 1, 1))
        .hasMessageContaining("float64 instead of float32");
  }

  @Test
  void identicalMeansEveryBit() {
    assertThatThrownBy(
            () ->
                TensorAssert.assertThat(floats(0, 0, 0, Math.nextUp(1f)))
                    .isIdenticalTo(floats(0, 0, 0, 1)))
        .hasMessageContaining("[1, 1]");
    TensorValue a = TensorValue.strings(Shape.of(1), List.of(ByteString.copyFromUtf8("a")));
    TensorValue b = TensorValue.strings(Shape.of(1), List.of(ByteString.copyFromUtf8("b")));
    TensorAssert.assertThat(a).isIdenticalTo(a);
    assertThatThrownBy(() -> TensorAssert.assertThat(a).isCloseTo(b, 1, 1))
        .hasMessageContaining("strings differ");
  }

  @Test
  void measuresWithoutJudging() {
    Difference difference =
        Difference.between(floats(1, 2, 0.5f, 0), floats(2, 2, 0.25f, 0), 10, 0);
    assertThat(difference.absolute()).isEqualTo(1);
    assertThat(difference.relative()).isEqualTo(1);
    assertThat(difference.beyond()).isZero();
    assertThat(Difference.between(scalarOf(3), scalarOf(5), 0, 0).worst()).isEqualTo("[]");
  }

  private static TensorValue scalarOf(float value) {
    return TensorValue.scalar(value);
  }
}
