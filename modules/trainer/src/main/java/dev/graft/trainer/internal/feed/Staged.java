package dev.graft.trainer.internal.feed;

import com.google.common.collect.ImmutableList;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.data.Inputs;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.file.Interrupts;
import dev.graft.tensor.TensorValue;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Puts batches into a queue on the device ({@link Staging}) while steps compute: a thread reads a
 * batch and hands it to TensorFlow in a run of its own. A step takes the first one out, which waits
 * where there is none and cannot be stopped; so it is only run once the batch is known to be in.
 */
final class Staged implements Feed {

  /** So many batches wait at most: one is enough but where some take longer to read than others. */
  static final int DEPTH = 3;

  /** So many bytes of them at most, or a single one. */
  static final long ROOM = 256L << 20;

  private final TensorFlowRuntime runtime;
  private final BatchTensors in;
  private final Dataset data;
  private final long room; // in bytes
  private final PreparedRun put;
  private final PreparedRun clear;
  private final Deque<Loading> queue = new ArrayDeque<>();
  private final ExecutorService thread = // begins with the first batch
      Executors.newSingleThreadExecutor(
          new ThreadFactoryBuilder().setNameFormat("graft-stage").setDaemon(true).build());
  private Inputs spent = Inputs.none(); // of the thread: the batch that is in, whose memory is free
  private long bytes = Long.MAX_VALUE; // of a batch; before one is known, one at a time

  /**
   * A batch on its way, or there.
   *
   * @param examples which
   * @param bytes how many it has, once it is there
   */
  private record Loading(int[] examples, Future<Long> bytes) {}

  /**
   * Feeds steps in {@code session} with examples of {@code data}.
   *
   * @param room for so many bytes, or a single batch
   */
  Staged(
      TensorFlowRuntime runtime, GraphSession session, Staging staging, Dataset data, long room) {
    this.runtime = runtime;
    this.room = room;
    this.in = staging.in();
    this.data = data;
    this.put = session.prepare(in.tensors(), List.of(), List.of(staging.put()));
    this.clear = session.prepare(List.of(), List.of(), List.of(staging.clear()));
  }

  /** None: what is in the queue is not fed. */
  @Override
  public ImmutableList<TensorRef> tensors() {
    return ImmutableList.of();
  }

  @Override
  public int ahead() {
    return DEPTH;
  }

  @Override
  public List<TensorValue> take(List<int[]> runs) {
    if (!isOnTheWay(runs)) {
      leftOut();
    }
    if (queue.isEmpty()) {
      queue.add(load(runs.get(0)));
    }
    Loading now = queue.remove();
    long depth = Math.min(DEPTH, Math.max(1, room / Math.max(1, bytes)));
    for (int next = queue.size() + 1; next <= Math.min(depth, runs.size() - 1); next++) {
      queue.add(load(runs.get(next)));
    }
    bytes = Interrupts.result(now.bytes());
    return List.of();
  }

  /** Whether what waits is what is asked for, in the same order. */
  private boolean isOnTheWay(List<int[]> runs) {
    int i = 0;
    for (Loading each : queue) {
      if (i == runs.size() || !Arrays.equals(each.examples(), runs.get(i++))) {
        return false;
      }
    }
    return true;
  }

  private Loading load(int[] examples) {
    return new Loading(examples, thread.submit(() -> put(examples)));
  }

  private long put(int[] examples) {
    Batch batch = data.batch(examples, spent);
    spent = batch.inputs();
    List<TensorValue> values = in.values(batch);
    var none = in.task().inputs().run(runtime, put, values, data, examples);
    return values.stream().mapToLong(value -> value.bytes().remaining()).sum();
  }

  /** A run takes its batch out of the queue. */
  @Override
  public boolean isRepeatable() {
    return false;
  }

  /** Empties the queue; what is asked for next is put in anew. */
  @Override
  public void leftOut() {
    cancel();
    Future<?> over = thread.submit(() -> clear.run(List.of())); // after what is put in just now
    Interrupts.result(over);
    queue.clear();
  }

  private void cancel() {
    queue.forEach(each -> each.bytes().cancel(false)); // one under way goes on to its end
  }

  /** The queue itself ends with the session. */
  @Override
  public void close() {
    cancel();
    thread.shutdown();
    var unused = Uninterruptibles.awaitTerminationUninterruptibly(thread, Duration.ofMinutes(1));
  }
}
