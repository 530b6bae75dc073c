package dev.graft.trainer.internal.watch;

import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.file.Interrupts;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/**
 * One exception for all ways to end a training. A file that is being read when its thread is
 * interrupted is closed by the JVM; neither the model nor the data are to blame for that.
 */
public final class Interruption {

  private Interruption() {}

  /** Whether {@code e} is no failure: somebody wanted training to end. */
  public static boolean isCancelled(RuntimeException e) {
    return e instanceof CancellationException || Interrupts.areCauseOf(e);
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
      if (Interrupts.areCauseOf(e)) {
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
}
