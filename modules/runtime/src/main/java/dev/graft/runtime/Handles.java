package dev.graft.runtime;

import com.google.common.collect.Lists;
import dev.graft.error.ClosedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** What a runtime has opened and not yet closed, and where it was opened. */
final class Handles {

  private record Entry(OpenHandle handle, AutoCloseable resource) {}

  private final Map<Long, Entry> open = new ConcurrentSkipListMap<>();
  private final AtomicLong next = new AtomicLong();
  private boolean ended;

  /** A number for something that is being opened. */
  long next() {
    return next.getAndIncrement();
  }

  /**
   * Notes that {@code resource} is open. From then on another thread may close it.
   *
   * @throws IllegalStateException if all that was open has been closed for good; the resource stays
   *     the caller's to close
   */
  synchronized void opened(long id, String what, AutoCloseable resource) {
    if (ended) {
      throw new ClosedException("this Graft is closed; open another one.");
    }
    open.put(
        id, new Entry(new OpenHandle(what, new Throwable(what + " was opened here")), resource));
  }

  void closed(long id) {
    open.remove(id);
  }

  List<OpenHandle> list() {
    return open.values().stream().map(Entry::handle).toList();
  }

  List<AutoCloseable> resources() {
    return open.values().stream().map(Entry::resource).toList();
  }

  private synchronized List<Entry> end() {
    ended = true;
    return new ArrayList<>(open.values());
  }

  /** Closes what is still open, the newest first; nothing can be opened any more. */
  void closeAll() {
    RuntimeException first = null;
    for (Entry entry : Lists.reverse(end())) {
      try {
        entry.resource().close();
      } catch (Exception e) {
        if (first == null) {
          first = new IllegalStateException(entry.handle().what() + " could not be closed", e);
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
