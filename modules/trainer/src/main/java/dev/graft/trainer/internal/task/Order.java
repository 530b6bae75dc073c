package dev.graft.trainer.internal.task;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The order in which examples are seen: shuffled anew for each epoch, by seed and epoch alone, so
 * that resuming needs nothing but the number of steps done.
 */
public final class Order {

  private final int size;
  private final int batch;
  private final long seed;
  private long shuffled = -1; // the epoch, from 0, that has the order below
  private int[] examples = {};

  public Order(int size, int batch, long seed) {
    this.size = size;
    this.batch = Math.min(batch, Math.max(1, size)); // so that no sum with it overflows
    this.seed = seed;
  }

  /** How many batches make an epoch. */
  public int batches() {
    return (size + batch - 1) / batch;
  }

  /** How many examples the first {@code steps} batches of an epoch have. */
  public long examples(long steps) {
    return Math.min(steps * batch, size);
  }

  /** The size of the smallest run, if batches are computed in runs of at most {@code most}. */
  public int smallest(int most) {
    int last = size % batch == 0 ? batch : size % batch;
    int whole = size < batch ? last : batch;
    return Math.min(lastRun(whole, most), lastRun(last, most));
  }

  private static int lastRun(int examples, int most) {
    return examples % most == 0 ? Math.min(examples, most) : examples % most;
  }

  /**
   * The examples of step {@code step}, counted from 0 over all epochs. In an epoch each example
   * comes once; its last batch may be smaller.
   */
  public int[] batch(long step) {
    shuffle(step / batches());
    int start = Math.toIntExact(step % batches()) * batch;
    return Arrays.copyOfRange(examples, start, Math.min(start + batch, size));
  }

  private void shuffle(long epoch) {
    if (epoch == shuffled) {
      return;
    }
    examples = new int[size];
    Arrays.setAll(examples, i -> i);
    SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + epoch + 1);
    for (int i = size - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int moved = examples[i];
      examples[i] = examples[j];
      examples[j] = moved;
    }
    shuffled = epoch;
  }
}
