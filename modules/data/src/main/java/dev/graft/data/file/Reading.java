package dev.graft.data.file;

import dev.graft.error.Internal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Looks at many files, several at once, and tells how far that is: on a drive in a network it takes
 * minutes before anything else can begin. Who listens is bound to the thread, since what reads them
 * lies far below who shows it.
 */
@Internal
public final class Reading {

  private static final int AT_ONCE = 200; // files between two calls of the listener

  private static final ThreadLocal<Listener> HEARD =
      ThreadLocal.withInitial(() -> (d, total) -> {});

  private Reading() {}

  /** Hears how many files were looked at, of how many; first of none. */
  @FunctionalInterface
  public interface Listener {
    /** So far it is. */
    void on(long done, long total);
  }

  /** Does {@code work}, and tells {@code listener} of what is read in it by this thread. */
  public static <T> T heardBy(Listener listener, Supplier<T> work) {
    Listener before = HEARD.get();
    HEARD.set(listener);
    try {
      return work.get();
    } finally {
      HEARD.set(before);
    }
  }

  /** What {@code look} says of each, in their order. */
  public static <T, R> List<R> each(List<T> files, Function<? super T, ? extends R> look) {
    Listener listener = HEARD.get();
    List<R> found = new ArrayList<>(files.size());
    listener.on(0, files.size());
    for (int from = 0; from < files.size(); from += AT_ONCE) {
      List<T> some = files.subList(from, Math.min(from + AT_ONCE, files.size()));
      found.addAll(some.parallelStream().<R>map(look).toList());
      listener.on(found.size(), files.size());
    }
    return found;
  }
}
