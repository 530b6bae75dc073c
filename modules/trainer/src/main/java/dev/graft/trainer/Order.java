package dev.graft.trainer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The order in which examples are seen: shuffled anew for each epoch, by seed and epoch alone, so
 * that resuming needs nothing but the epoch's number.
 */
final class Order {

  private final int size;
  private final int batch;
  private final long seed;

  Order(int size, int batch, long seed) {
    this.size = size;
    this.batch = batch;
    this.seed = seed;
  }

  /** How many batches make an epoch. */
  int batches() {
    return (size + batch - 1) / batch;
  }

  /** The batches of epoch {@code epoch}; all examples once, the last batch may be smaller. */
  List<int[]> epoch(int epoch) {
    int[] examples = new int[size];
    Arrays.setAll(examples, i -> i);
    SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + epoch);
    for (int i = size - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int moved = examples[i];
      examples[i] = examples[j];
      examples[j] = moved;
    }
    List<int[]> batches = new ArrayList<>();
    for (int start = 0; start < size; start += batch) {
      batches.add(Arrays.copyOfRange(examples, start, Math.min(start + batch, size)));
    }
    return batches;
  }
}
