package dev.graft.runtime;

import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.TensorValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A graph ready to run. Variables live as long as the session. Several threads may run at once; an
 * update and a read of the same variable in one run, or in two at once, are ordered only by control
 * edges of the graph.
 */
@Internal
public final class GraphSession implements AutoCloseable {

  private final NativeSession session;
  private final Set<PreparedRun> prepared = ConcurrentHashMap.newKeySet();

  GraphSession(NativeSession session) {
    this.session = session;
  }

  /**
   * Runs what {@code fetches} and {@code targets} need.
   *
   * @param feeds values to use in place of what the graph computes
   * @param fetches the tensors to return, in this order
   * @param targets nodes to run for their effect
   * @throws BadRequestException if the graph has no such tensor, or it has no value outside
   *     TensorFlow
   * @throws TensorFlowException if TensorFlow fails
   */
  public List<TensorValue> run(
      Map<TensorRef, TensorValue> feeds, List<TensorRef> fetches, List<String> targets) {
    List<TensorRef> names = new ArrayList<>(feeds.keySet());
    List<TensorValue> values = names.stream().map(feeds::get).toList();
    try (PreparedRun run = prepare(names, fetches, targets)) {
      return run.run(values);
    }
  }

  /** A run with its names resolved once, for use again and again; closed with the session. */
  public PreparedRun prepare(List<TensorRef> feeds, List<TensorRef> fetches, List<String> targets) {
    return session.whileOpen(
        () -> {
          PreparedRun run = new PreparedRun(session, feeds, fetches, targets, prepared::remove);
          prepared.add(run);
          return run;
        });
  }

  /** How many prepared runs are open. */
  int prepared() {
    return prepared.size();
  }

  NativeSession session() {
    return session;
  }

  /** Whether it may be used. */
  boolean isOpen() {
    return session.isOpen();
  }

  /**
   * Waits for running calls, then closes the session and its graph. Calls that do not come back for
   * a minute are cancelled. May be called again.
   */
  @Override
  public void close() {
    session.close();
    closePrepared();
  }

  /** As {@link #close()}, with another patience. */
  void close(Duration patience) {
    session.close(patience);
    closePrepared();
  }

  /** After the session, so that none is prepared meanwhile. */
  private void closePrepared() {
    List.copyOf(prepared).forEach(PreparedRun::close);
  }
}
