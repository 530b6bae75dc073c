package dev.graft.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** float32 as float16 or bfloat16 and back. */
class HalvesTest {

  private static float rounded(float value) {
    return Halves.toFloats(Halves.of(TensorValue.of(Shape.of(1), new float[] {value}))).floats()[0];
  }

  @Test
  void eachHalfIsItself() {
    ByteBuffer all = ByteBuffer.allocate(2 << 16).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 1 << 16; i++) {
      boolean isNaN = (i & 0x7c00) == 0x7c00 && (i & 0x3ff) != 0;
      all.putShort((short) (isNaN ? 0x7e00 : i));
    }
    TensorValue halves = TensorValue.of(DType.FLOAT16, Shape.of(1 << 16), all.flip());
    assertThat(Halves.of(Halves.toFloats(halves)).bytes()).isEqualTo(halves.bytes());
  }

  @Test
  void othersGoToTheNearestAndOfTwoToTheEvenOne() {
    assertThat(rounded(1 + 0x1p-11f)).isEqualTo(1);
    assertThat(rounded(1 + 3 * 0x1p-11f)).isEqualTo(1 + 0x1p-9f);
    assertThat(rounded(-1 - 0x1.1p-11f)).isEqualTo(-1 - 0x1p-10f);
    assertThat(rounded(0x1p-25f)).isZero();
    assertThat(rounded(0x1.1p-25f)).isEqualTo(0x1p-24f);
    assertThat(rounded(0x1.fffp-15f)).isEqualTo(0x1p-14f);
    assertThat(rounded(65519.99f)).isEqualTo(65504);
    assertThat(rounded(65520)).isEqualTo(Float.POSITIVE_INFINITY);
  }

  @Test
  void bfloat16IsTheUpperHalf() {
    float[] given = {1 + 0x1p-8f, 1 + 3 * 0x1p-8f, -1 - 0x1.1p-8f, 3.4e38f, 0x1p-149f, Float.NaN};
    float[] nearest = {1, 1 + 0x1p-6f, -1 - 0x1p-7f, Float.POSITIVE_INFINITY, 0, Float.NaN};
    TensorValue values = TensorValue.of(Shape.of(6), given);
    assertThat(Halves.round(values, DType.BFLOAT16).floats()).containsExactly(nearest);
    TensorValue kept = Halves.of(values, DType.BFLOAT16);
    assertThat(kept.asDoubles()).containsExactly(Halves.toFloats(kept).asDoubles());
  }
}
