package dev.graft.trainer.listener;

import dev.graft.error.Internal;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.file.Interrupts;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/**
 * What {@link Thread#interrupt} does to training: it ends before its next step, as if a callback
 * had cancelled it. A file that is being read or written just then is closed by the JVM; neither
 * the model nor the data are to blame for that.
 */
@Internal
public final class Interruption {

  private Interruption() {}

  /** Work on files. */
  public interface FileWork {
    void run() throws IOException;
  }

  /**
   * Ends the work of an interrupted thread, which stays interrupted.
   *
   * @throws CancellationException if it is
   */
  static void endIfInterrupted() {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("training was interrupted (Thread.interrupt)");
    }
  }

  /** Whether {@code e} is no failure: somebody wanted training to end. */
  public static boolean isCancelled(RuntimeException e) {
    return e instanceof CancellationException || isCauseOf(e);
  }

  /** Whether an interruption brought {@code e} about. */
  public static boolean isCauseOf(Throwable e) {
    return Interrupts.areCauseOf(e);
  }

  /**
   * Does work that was begun with {@code runtime}; where it ends because its thread was interrupted
   * or the runtime closed meanwhile, it was cancelled.
   */
  public static <T> T cancellable(TensorFlowRuntime runtime, Supplier<T> work) {
    boolean wasOpen = runtime.isOpen();
    try {
      return work.get();
    } catch (CancellationException e) {
      throw e;
    } catch (RuntimeException e) {
      if (isCauseOf(e)) {
        throw cancelled("training was interrupted (Thread.interrupt)", e);
      }
      if (wasOpen && !runtime.isOpen()) {
        throw cancelled("training was ended: Graft was closed", e);
      }
      throw e;
    }
  }

  private static CancellationException cancelled(String words, Throwable cause) {
    CancellationException end = new CancellationException(words);
    end.initCause(cause);
    return end;
  }

  /**
   * Does work that an interruption must not spoil, such as writing a checkpoint; the thread stays
   * interrupted.
   *
   * @param work may be begun a second time
   */
  public static void shielded(FileWork work) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      try {
        work.run();
      } catch (IOException | RuntimeException e) {
        if (!isCauseOf(e)) {
          throw e;
        }
        interrupted |= Thread.interrupted();
        work.run();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
