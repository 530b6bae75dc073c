package dev.graft.runtime;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_CloseSession;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteSession;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewSession;

import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.tensorflow.internal.c_api.TF_Session;

/**
 * A graph with its session: many threads may run it at once, and closing waits for them to come
 * back.
 */
final class NativeSession implements AutoCloseable {

  private final Handles handles;
  private final long id;
  private final String what;
  private final NativeGraph graph;
  private final TF_Session session;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean open = true;

  private NativeSession(Handles handles, String what, NativeGraph graph, TF_Session session) {
    this.handles = handles;
    this.id = handles.next();
    this.what = what;
    this.graph = graph;
    this.session = session;
  }

  /** A new session over {@code graph}, which it then owns; the graph is closed if that fails. */
  static NativeSession open(
      Handles handles, RuntimeOptions options, String what, NativeGraph graph) {
    TF_Session session;
    try (Status status = new Status()) {
      session =
          SessionConfig.with(
              options, native_ -> TF_NewSession(graph.handle(), native_, status.handle()));
      status.check("no session can be opened");
    } catch (RuntimeException | Error e) {
      graph.close();
      throw e;
    }
    return adopt(handles, what, graph, session);
  }

  /** Takes over a session that TensorFlow opened itself, with its graph. */
  static NativeSession adopt(Handles handles, String what, NativeGraph graph, TF_Session session) {
    NativeSession whole = new NativeSession(handles, what, graph, session);
    try {
      handles.opened(whole.id, what, whole); // only now: who sees it may close it at once
    } catch (IllegalStateException e) {
      whole.close();
      throw e;
    }
    return whole;
  }

  NativeGraph graph() {
    return graph;
  }

  TF_Session handle() {
    return session;
  }

  /** Calls {@code work} while the session cannot be closed. */
  <T> T whileOpen(Supplier<T> work) {
    lock.readLock().lock();
    try {
      if (!open) {
        throw new IllegalStateException(what + " is closed");
      }
      return work.get();
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try (Status status = new Status()) {
      if (!open) {
        return;
      }
      open = false;
      TF_CloseSession(session, status.handle());
      TF_DeleteSession(session, status.handle());
      graph.close();
      handles.closed(id);
    } finally {
      lock.writeLock().unlock();
    }
  }
}
