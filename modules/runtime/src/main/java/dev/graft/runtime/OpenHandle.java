package dev.graft.runtime;

import com.google.common.base.Throwables;
import dev.graft.error.Internal;

/**
 * Something native that is open.
 *
 * @param what what it is, in words
 * @param openedAt whose stack trace shows where it was opened
 */
@Internal
public record OpenHandle(String what, Throwable openedAt) {

  /** What it is and the stack trace of where it was opened. */
  @Override
  public String toString() {
    return what + "\n" + Throwables.getStackTraceAsString(openedAt);
  }
}
