package dev.graft.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.graft.error.BadRequestException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows that come in any order make a tensor if they are of one size. */
class PlacedRowsTest {

  @Test
  void eachRowLiesWhereItWasPut() {
    PlacedRows rows = new PlacedRows(3);
    rows.put(TensorValue.of(Shape.of(2, 2), new float[] {5, 6, 1, 2}), new int[] {2, 0});
    rows.put(TensorValue.of(Shape.of(1, 2), new float[] {3, 4}), new int[] {1});
    assertThat(rows.all().shape()).isEqualTo(Shape.of(3, 2));
    assertThat(rows.all().floats()).containsExactly(1, 2, 3, 4, 5, 6);
    PlacedRows texts = new PlacedRows(2);
    ByteString a = ByteString.copyFromUtf8("a");
    ByteString b = ByteString.copyFromUtf8("b");
    texts.put(TensorValue.strings(Shape.of(2), List.of(b, a)), new int[] {1, 0});
    assertThat(texts.all().strings()).containsExactly(a, b);
  }

  @Test
  void rowsOfDifferentSizesAreRefused() {
    PlacedRows texts = new PlacedRows(4);
    texts.put(TensorValue.of(Shape.of(2, 7), new float[14]), new int[] {0, 1});
    assertThatThrownBy(
            () -> texts.put(TensorValue.of(Shape.of(2, 9), new float[18]), new int[] {2, 3}))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("[2, 7]", "[2, 9]", "texts of one length");
    assertThatThrownBy(() -> new PlacedRows(1).put(TensorValue.scalar(1f), new int[] {0}))
        .isInstanceOf(BadRequestException.class);
  }
}
