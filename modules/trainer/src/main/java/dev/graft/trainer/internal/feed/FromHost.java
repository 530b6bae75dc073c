package dev.graft.trainer.internal.feed;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Dataset;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.task.ReadAhead;
import java.util.List;

/**
 * Hands each batch over from Java's memory when its run begins; the next one is read meanwhile. On
 * the CPU that is a copy within memory, and nothing is faster.
 */
final class FromHost implements Feed {

  private static final int[] NONE = {};

  private final BatchTensors batch;
  private final ReadAhead batches;

  /** Feeds {@code tensors} with examples of {@code data}. */
  FromHost(BatchTensors tensors, Dataset data) {
    this.batch = tensors;
    this.batches = new ReadAhead(data);
  }

  @Override
  public ImmutableList<TensorRef> tensors() {
    return batch.tensors();
  }

  @Override
  public int ahead() {
    return 1;
  }

  @Override
  public List<TensorValue> take(List<int[]> runs) {
    return batch.values(batches.take(runs.get(0), runs.size() > 1 ? runs.get(1) : NONE));
  }

  /** The memory of what was taken is used again. */
  @Override
  public boolean isRepeatable() {
    return false;
  }

  /** What is fed to a run is gone with it. */
  @Override
  public void leftOut() {}

  @Override
  public void close() {
    batches.close();
  }
}
