package dev.graft.trainer.internal.watch;

import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.file.Interrupts;
import java.util.concurrent.CancellationException;

/**
 * One exception for all ways to end a training. A file that is being read when its thread is
 * interrupted is closed by the JVM; neither the model nor the data are to blame for that.
 */
public final class Interruption {

  private final TensorFlowRuntime runtime;
  private final boolean wasOpen;

  private Interruption(TensorFlowRuntime runtime) {
    this.runtime = runtime;
    this.wasOpen = runtime.isOpen();
  }

  /** Of work that begins now with {@code runtime}. */
  public static Interruption of(TensorFlowRuntime runtime) {
    return new Interruption(runtime);
  }

  /** Whether {@code e} is no failure: somebody wanted training to end. */
  public static boolean isCancelled(RuntimeException e) {
    return e instanceof CancellationException || Interrupts.areCauseOf(e);
  }

  /**
   * Returns what to throw where the work ended with {@code e}: if that is because its thread was
   * interrupted or the runtime closed meanwhile, it was cancelled.
   */
  public RuntimeException endedBy(RuntimeException e) {
    if (e instanceof CancellationException) {
      return e;
    }
    if (Interrupts.areCauseOf(e)) {
      return Interrupts.cancelled("training was interrupted (Thread.interrupt)", e);
    }
    return wasOpen && !runtime.isOpen()
        ? Interrupts.cancelled("training was ended: Graft was closed", e)
        : e;
  }
}
