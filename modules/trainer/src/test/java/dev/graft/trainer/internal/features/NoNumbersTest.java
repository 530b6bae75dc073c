package dev.graft.trainer.internal.features;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** A NaN is found whatever it is a number of: a row that holds one is not kept for other runs. */
class NoNumbersTest {

  private static final Shape SHAPE = Shape.of(3, 2);
  private static final int AT = 3; // in the second row

  private static TensorValue halves(DType dtype, short nan) {
    ByteBuffer bytes = ByteBuffer.allocate(6 * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    return TensorValue.of(dtype, SHAPE, bytes.putShort(AT * Short.BYTES, nan));
  }

  @Test
  void aNanIsFoundInEachDtype() {
    float[] floats = new float[6];
    double[] doubles = new double[6];
    floats[AT] = Float.NaN;
    doubles[AT] = Double.NaN;
    assertThat(NoNumbers.rowWith(TensorValue.of(SHAPE, floats), Double::isNaN)).isEqualTo(1);
    assertThat(NoNumbers.rowWith(TensorValue.of(SHAPE, doubles), Double::isNaN)).isEqualTo(1);
    TensorValue half = halves(DType.FLOAT16, (short) 0x7e00);
    assertThat(NoNumbers.rowWith(half, Double::isNaN)).isEqualTo(1);
    TensorValue brain = halves(DType.BFLOAT16, (short) 0x7fc0);
    assertThat(NoNumbers.rowWith(brain, Double::isNaN)).isEqualTo(1);
    TensorValue whole = halves(DType.FLOAT16, (short) 0x3c00);
    assertThat(NoNumbers.rowWith(whole, Double::isNaN)).isEqualTo(-1);
    TensorValue numbers = TensorValue.of(Shape.of(2), new int[] {1, 2});
    assertThat(NoNumbers.rowWith(numbers, Double::isNaN)).isEqualTo(-1);
  }
}
