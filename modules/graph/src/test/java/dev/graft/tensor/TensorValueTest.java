package dev.graft.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class TensorValueTest {

  private static double[] doubles(DType dtype, int size) {
    byte[] bytes = new byte[2 * size];
    bytes[0] = 3; // little-endian 3, then all bits
    for (int i = size; i < bytes.length; i++) {
      bytes[i] = -1;
    }
    return TensorValue.of(dtype, Shape.of(2), ByteBuffer.wrap(bytes)).asDoubles();
  }

  @Test
  void wholeNumbersOfEveryKindBecomeDoubles() {
    assertThat(doubles(DType.UINT64, 8)).containsExactly(3, 0x1p64);
    assertThat(doubles(DType.INT64, 8)).containsExactly(3, -1);
    assertThat(doubles(DType.QINT32, 4)).containsExactly(3, -1);
    assertThat(doubles(DType.QINT16, 2)).containsExactly(3, -1);
    assertThat(doubles(DType.QUINT16, 2)).containsExactly(3, 65535);
    assertThat(doubles(DType.QINT8, 1)).containsExactly(3, -1);
    assertThat(doubles(DType.QUINT8, 1)).containsExactly(3, 255);
  }
}
