package dev.graft.runtime;

import dev.graft.error.ClosedException;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Something native that many threads may use at once. It is freed once it is closed and the last of
 * them has come back: by who closes it, or, where that took too long to wait for, by the last.
 */
final class InUse {

  private final String what;
  private final Runnable free;
  private int users;
  private boolean isClosed;
  private boolean isFreed;

  /**
   * Something that is open.
   *
   * @param what what it is, for who comes too late
   * @param free frees it; called once
   */
  InUse(String what, Runnable free) {
    this.what = what;
    this.free = free;
  }

  /**
   * Does {@code work} while it cannot be freed.
   *
   * @throws ClosedException if it is closed
   */
  <T> T during(Supplier<T> work) {
    try (Hold unused = hold()) {
      return work.get();
    }
  }

  /**
   * Begins a use, during which it cannot be freed; closing the result ends it.
   *
   * @throws ClosedException if it is closed
   */
  synchronized Hold hold() {
    if (isClosed) {
      throw new ClosedException(what + " is closed");
    }
    users++;
    return this::leave;
  }

  /** A use of something that is open. */
  interface Hold extends AutoCloseable {
    /** Ends the use; to be called once. */
    @Override
    void close();
  }

  private synchronized void leave() {
    users--;
    freeIfUnused();
  }

  private void freeIfUnused() {
    if (isClosed && users == 0 && !isFreed) {
      isFreed = true; // whatever becomes of it: nobody may try again
      try {
        free.run();
      } finally {
        notifyAll();
      }
    }
  }

  /** Whether it may be used. */
  synchronized boolean isOpen() {
    return !isClosed;
  }

  /** Lets nobody use it any more; frees it if nobody does, else the last one will. */
  synchronized void close() {
    isClosed = true;
    freeIfUnused();
  }

  /** Does {@code work} unless it is freed, although it may be closed; it is not freed meanwhile. */
  void unlessFreed(Runnable work) {
    synchronized (this) {
      if (isFreed) {
        return;
      }
      users++;
    }
    try {
      work.run();
    } finally {
      leave();
    }
  }

  /** Waits until it is freed, no longer than {@code patience}; whether it is. */
  synchronized boolean awaitFreed(Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    boolean isInterrupted = false;
    try {
      while (!isFreed) {
        long left = (end - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          return false;
        }
        try {
          wait(left);
        } catch (InterruptedException e) {
          isInterrupted = true; // freed under a thread that runs, it would bring the process down
        }
      }
      return true;
    } finally {
      if (isInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
