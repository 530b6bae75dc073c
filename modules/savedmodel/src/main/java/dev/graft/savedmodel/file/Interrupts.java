package dev.graft.savedmodel.file;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.graft.error.Internal;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileLockInterruptionException;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/**
 * What {@link Thread#interrupt} does to work on files: the JVM closes a file that is being read or
 * written just then. And what other threads come to, waited for whatever interrupts.
 */
@Internal
public final class Interrupts {

  private Interrupts() {}

  /**
   * Work on files.
   *
   * @param <T> what comes of it
   */
  @FunctionalInterface
  public interface FileWork<T> {
    /** Does it. */
    T run() throws IOException;
  }

  /** Whether an interruption brought {@code e} about. */
  public static boolean areCauseOf(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof ClosedByInterruptException
          || cause instanceof FileLockInterruptionException
          || (cause instanceof InterruptedIOException && !(cause instanceof SocketTimeoutException))
          || cause instanceof InterruptedException) {
        return true;
      }
    }
    return false;
  }

  /** What to throw where {@code cause} ended what was going on; {@code words} say what and why. */
  public static CancellationException cancelled(String words, Throwable cause) {
    CancellationException end = new CancellationException(words);
    end.initCause(cause);
    return end;
  }

  /**
   * What another thread has come to, which fails here as it did there; whatever interrupts.
   *
   * @throws UncheckedIOException if it failed to read or write
   */
  public static <T> T result(Future<T> work) {
    try {
      return awaited(work);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Does {@code work} that must not end half-way and cannot be begun again, in a thread that nobody
   * interrupts. The caller's stays interrupted if it is.
   */
  public static <T> T shielded(FileWork<T> work) throws IOException {
    FutureTask<T> task = new FutureTask<>(work::run);
    new Thread(task, "graft-shielded").start();
    return awaited(task);
  }

  private static <T> T awaited(Future<T> work) throws IOException {
    try {
      return Objects.requireNonNull(Uninterruptibles.getUninterruptibly(work));
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      Throwables.throwIfInstanceOf(cause, IOException.class);
      Throwables.throwIfUnchecked(cause); // as if it had been done here
      throw new IllegalStateException(cause);
    }
  }
}
