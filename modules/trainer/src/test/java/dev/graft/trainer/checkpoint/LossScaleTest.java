package dev.graft.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The numbers of Keras' LossScaleOptimizer. */
class LossScaleTest {

  @Test
  void itGrowsAfterTwoThousandGoodStepsInARow() {
    LossScale scale = LossScale.START;
    assertThat(scale.value()).isEqualTo(32_768);
    for (int i = 0; i < 1_999; i++) {
      scale = scale.updated();
    }
    assertThat(scale).isEqualTo(new LossScale(32_768, 1_999, 0));
    assertThat(scale.updated()).isEqualTo(new LossScale(65_536, 0, 0));
    assertThat(scale.overflowed().updated()).isEqualTo(new LossScale(16_384, 1, 1));
  }

  @Test
  void itStaysAFloat() {
    LossScale largest = new LossScale(0x1p127, 1_999, 3);
    assertThat(largest.updated()).isEqualTo(new LossScale(0x1p127, 0, 3));
  }

  @Test
  void belowOneNothingHelps() {
    LossScale smallest = new LossScale(1, 7, 3);
    assertThat(smallest.isTooSmall()).isFalse();
    assertThat(smallest.overflowed()).isEqualTo(new LossScale(0.5, 0, 4));
    assertThat(smallest.overflowed().isTooSmall()).isTrue();
  }
}
