package dev.graft.words;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a person reads of a gate. */
class FigureTest {

  private static Figure least(String metric, double found, double wanted) {
    return new Figure(metric, found, wanted, false, "");
  }

  @Test
  void figuresHaveTheDigitsThatTellThemApart() {
    assertThat(least("accuracy", 0.8123, 0.9).words())
        .isEqualTo("accuracy 0.812, at least 0.900 asked for");
    assertThat(least("accuracy", 0.89996, 0.9).words())
        .isEqualTo("accuracy 0.89996, at least 0.90000 asked for");
    assertThat(least("accuracy", 0.9, 0.9995).words())
        .isEqualTo("accuracy 0.9000, at least 0.9995 asked for");
    assertThat(new Figure("size", 0.3152, 0.01, true, "").words())
        .isEqualTo("size 0.32 MB, at most 0.01 MB asked for");
    assertThat(new Figure("mae", 1 / 3.0, 1 / 3.0, true, "version 2").words())
        .isEqualTo("mae 0.333, at most 0.333 as version 2 has it");
    assertThat(least("accuracy", Double.NaN, 0.9).words())
        .isEqualTo("accuracy no number, at least 0.900 asked for");
    assertThat(new Figure("loss", 2, Double.POSITIVE_INFINITY, true, "version 1").words())
        .isEqualTo("loss 2.000, at most Infinity as version 1 has it");
  }
}
