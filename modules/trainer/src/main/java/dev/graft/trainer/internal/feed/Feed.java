package dev.graft.trainer.internal.feed;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.TensorValue;
import java.util.List;

/**
 * Gets the batches of a training to its steps: the same ones in the same order, whichever way. Each
 * way gets what comes next ready while a step computes.
 */
public sealed interface Feed extends AutoCloseable permits FromHost, Staged, Resident {

  /**
   * Brings there what lies on the device from the beginning.
   *
   * @throws dev.graft.error.ExhaustedException if it has no room for it
   */
  default void begin() {}

  /** The tensors that a run is fed for its batch. */
  ImmutableList<TensorRef> tensors();

  /** How many runs after the next one it can make use of knowing. */
  int ahead();

  /**
   * Gives what to feed to {@link #tensors} for a run, and begins to get those after it ready. Ends
   * the life of what was taken before.
   *
   * @param runs the examples of that run, then those of the runs after it, as far as they are known
   * @throws dev.graft.error.GraftException if the examples cannot be read, as it would be where
   *     nothing is got ready before
   */
  List<TensorValue> take(List<int[]> runs);

  /** Whether what was taken can be fed again, whatever was taken since: its examples stay there. */
  boolean isRepeatable();

  /** A run ended before its end: whether it used what was taken for it is not known. */
  void leftOut();

  /** Waits until nothing is read any more. May be called again. */
  @Override
  void close();
}
