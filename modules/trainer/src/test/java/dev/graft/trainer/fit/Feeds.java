package dev.graft.trainer.fit;

import java.util.function.Supplier;

/** Which way batches get to steps, in spite of the device. */
final class Feeds {

  private static final String CHOICE = "graft.feed";

  private Feeds() {}

  /** Does {@code work} with batches going that way. */
  static <T> T by(String feed, Supplier<T> work) {
    System.setProperty(CHOICE, feed);
    try {
      return work.get();
    } finally {
      System.clearProperty(CHOICE);
    }
  }
}
