package dev.graft.trainer.internal.feed;

import java.util.Locale;

/**
 * How much of a device's memory examples may take; of the rest steps have need.
 *
 * @param bytes so much
 * @param words the same for a person, and why
 */
record Share(long bytes, String words) {

  /** Where nothing tells how much there is. */
  static final Share USUAL = new Share(1L << 30, "1.0 GB");

  private static final int PARTS = 4;
  private static final double GIGA = 1 << 30;

  /** That of a card of which TensorFlow may take so many bytes; 0 where that is not known. */
  static Share of(long memory) {
    return memory <= 0
        ? USUAL
        : new Share(
            memory / PARTS,
            String.format(
                Locale.ROOT,
                "%.1f GB, a quarter of the %.1f that TensorFlow may take of the card",
                memory / PARTS / GIGA,
                memory / GIGA));
  }
}
