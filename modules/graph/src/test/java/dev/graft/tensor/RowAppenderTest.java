package dev.graft.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadRequestException;
import org.junit.jupiter.api.Test;

/** Rows that come one after the other make a tensor if they are of one size. */
class RowAppenderTest {

  @Test
  void rowsOfDifferentSizesAreRefused() {
    RowAppender rows = new RowAppender(4);
    rows.append(TensorValue.of(Shape.of(2, 3), new float[] {1, 2, 3, 4, 5, 6}));
    rows.append(TensorValue.of(Shape.of(1, 3), new float[] {7, 8, 9}));
    assertThat(rows.all().floats()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9);
    RowAppender texts = new RowAppender(4);
    texts.append(TensorValue.of(Shape.of(2, 7), new float[14]));
    assertThatThrownBy(() -> texts.append(TensorValue.of(Shape.of(2, 9), new float[18])))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("[2, 7]", "[2, 9]", "texts of one length");
    assertThatThrownBy(() -> new RowAppender(1).append(TensorValue.scalar(1f)))
        .isInstanceOf(BadRequestException.class);
  }
}
