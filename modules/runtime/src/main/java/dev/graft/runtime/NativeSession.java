package dev.graft.runtime;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_CloseSession;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteSession;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewSession;

import dev.graft.error.ClosedException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.Supplier;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.proto.ConfigProto;

/**
 * A graph with its session: many threads may run it at once, and closing waits for them to come
 * back. What hangs is cancelled; what cannot be cancelled frees the session when it does come back.
 */
final class NativeSession implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(NativeSession.class.getName());

  /** A step of a large model on a small machine takes that long. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private static final Duration GRACE = Duration.ofSeconds(2);

  private final Handles handles;
  private final long id;
  private final String what;
  private final NativeGraph graph;
  private final TF_Session session;
  private final InUse use;
  private Runnable givenBack = () -> {};

  private NativeSession(Handles handles, String what, NativeGraph graph, TF_Session session) {
    this.handles = handles;
    this.id = handles.next();
    this.what = what;
    this.graph = graph;
    this.session = session;
    this.use = new InUse(what, this::free);
  }

  /** A new session over {@code graph}, which it then owns; the graph is closed if that fails. */
  static NativeSession open(Handles handles, ConfigProto settings, String what, NativeGraph graph) {
    TF_Session session;
    try (Status status = new Status()) {
      session =
          SessionConfig.with(
              settings, native_ -> TF_NewSession(graph.handle(), native_, status.handle()));
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
    } catch (ClosedException e) {
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

  /** Whether it may be used. */
  boolean isOpen() {
    return use.isOpen();
  }

  /** Begins a use of the session, during which it cannot be closed. */
  InUse.Hold hold() {
    return use.hold();
  }

  /** Calls {@code work} while the session cannot be closed. */
  <T> T whileOpen(Supplier<T> work) {
    return use.during(work);
  }

  /**
   * Has something taken up that is given back when the session is freed, whoever closes it.
   *
   * @param taken takes it up; what it returns gives it back
   * @throws ClosedException if the session is closed, and nothing was taken up
   */
  void takeUp(Supplier<Runnable> taken) {
    try (InUse.Hold unused = hold()) {
      givenBack = taken.get(); // before it may be freed
    }
  }

  /** Gives that back now. */
  void giveBack() {
    givenBack.run();
  }

  @Override
  public void close() {
    close(PATIENCE);
  }

  /**
   * Closes it.
   *
   * @param patience how long calls that run may take to come back by themselves
   */
  void close(Duration patience) {
    use.close();
    if (use.awaitFreed(patience)) {
      return;
    }
    use.unlessFreed( // by the last call, which may come back just now
        () -> {
          try (Status status = new Status()) {
            TF_CloseSession(session, status.handle()); // cancels what waits, as for a queue
          }
        });
    if (!use.awaitFreed(GRACE)) {
      LOG.log(
          Level.WARNING,
          "{0}: a call has been running for {1} s since it was to be closed, and does not let itself"
              + " be cancelled; its memory is freed when the call ends.",
          what,
          patience.plus(GRACE).toSeconds());
    }
  }

  private void free() {
    try (Status status = new Status()) {
      TF_CloseSession(session, status.handle());
      TF_DeleteSession(session, status.handle());
      graph.close();
      handles.closed(id);
    } finally {
      givenBack.run();
    }
  }
}
