package dev.graft.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RowsTest {

  private static final TensorValue TENSOR =
      TensorValue.of(Shape.of(4, 2), new float[] {0, 1, 10, 11, 20, 21, 30, 31});

  @Test
  void takesRowsInTheirOrder() {
    TensorValue rows = Rows.of(TENSOR, new int[] {2, 0, 2});
    assertThat(rows.shape()).isEqualTo(Shape.of(3, 2));
    assertThat(rows.floats()).containsExactly(20, 21, 0, 1, 20, 21);
  }

  @Test
  void usesTheMemoryOfSpentRowsAgain() {
    TensorValue spent = Rows.of(TENSOR, new int[] {0, 1});
    TensorValue rows = Rows.of(TENSOR, new int[] {3, 2}, spent);
    assertThat(rows.floats()).containsExactly(30, 31, 20, 21);
    assertThat(spent.floats()).as("the same memory").containsExactly(30, 31, 20, 21);
    assertThat(TENSOR.floats()).containsExactly(0, 1, 10, 11, 20, 21, 30, 31);
  }

  @Test
  void leavesSpentRowsOfAnotherSizeAlone() {
    TensorValue spent = Rows.of(TENSOR, new int[] {0, 1});
    assertThat(Rows.of(TENSOR, new int[] {3}, spent).floats()).containsExactly(30, 31);
    assertThat(spent.floats()).containsExactly(0, 1, 10, 11);
  }
}
