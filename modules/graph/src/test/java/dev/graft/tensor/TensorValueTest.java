package dev.graft.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.graft.error.BadModelException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.TensorProto;

class TensorValueTest {

  private static double[] doubles(DType dtype, int size) {
    byte[] bytes = new byte[2 * size];
    bytes[0] = 3; // little-endian 3, then all bits
    for (int i = size; i < bytes.length; i++) {
      bytes[i] = -1;
    }
    return TensorValue.of(dtype, Shape.of(2), ByteBuffer.wrap(bytes)).asDoubles();
  }

  /** As TensorFlow's C++ writes them: all lengths, then all bytes. */
  @Test
  void stringsMayBePacked() {
    TensorProto.Builder packed =
        TensorProto.newBuilder()
            .setDtype(DataType.DT_STRING)
            .setTensorShape(Shape.of(3).toProto())
            .setTensorContent(ByteString.copyFrom(new byte[] {2, 0, 1, 'a', 'b', 'c'}));
    assertThat(TensorValue.from(packed.build()).texts()).containsExactly("ab", "", "c");
    packed.setTensorContent(ByteString.copyFrom(new byte[] {2, 0, 9, 'a', 'b', 'c'}));
    assertThatThrownBy(() -> TensorValue.from(packed.build()))
        .isInstanceOf(BadModelException.class)
        .hasMessageContaining("damaged");
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
