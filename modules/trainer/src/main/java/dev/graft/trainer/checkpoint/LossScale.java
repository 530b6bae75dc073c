package dev.graft.trainer.checkpoint;

import dev.graft.error.Internal;

/**
 * By how much a loss is multiplied before gradients are taken of it, so that small ones are not
 * lost where they pass through float16; they are divided by it before they change anything. It is
 * found by trying, as Keras 2.15's LossScaleOptimizer does: halved where gradients overflow, which
 * leaves that step out, and doubled after 2,000 steps in a row in which none did.
 *
 * @param value a power of two, so that multiplying and dividing by it rounds nothing
 * @param good how many steps in a row have changed weights since it last changed
 * @param skipped how many steps were left out in all
 */
@Internal
public record LossScale(double value, int good, long skipped) {

  /** What training begins with. */
  public static final LossScale START = new LossScale(1 << 15, 0, 0);

  private static final int GROWTH = 2_000;

  /** Returns what it is after a step that changed weights. */
  public LossScale updated() {
    if (good + 1 < GROWTH) {
      return new LossScale(value, good + 1, skipped);
    }
    boolean fits = Float.isFinite((float) (2 * value)); // which gradients are, as a rule
    return new LossScale(fits ? 2 * value : value, 0, skipped);
  }

  /** Returns what it is after a step whose gradients overflowed. */
  public LossScale overflowed() {
    return new LossScale(value / 2, 0, skipped + 1);
  }

  /** Whether gradients overflow by themselves, so that no scale helps. */
  public boolean isTooSmall() {
    return value < 1;
  }
}
