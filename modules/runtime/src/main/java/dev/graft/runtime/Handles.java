package dev.graft.runtime;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** What a runtime has opened and not yet closed, and where it was opened. */
final class Handles {

  private record Entry(OpenHandle handle, AutoCloseable resource) {}

  private final Map<Long, Entry> open = new ConcurrentSkipListMap<>();
  private final AtomicLong next = new AtomicLong();

  /** Notes that {@code resource} is open; returns what to call when it is closed. */
  Runnable opened(String what, AutoCloseable resource) {
    long id = next.getAndIncrement();
    open.put(
        id, new Entry(new OpenHandle(what, new Throwable(what + " was opened here")), resource));
    return () -> open.remove(id);
  }

  List<OpenHandle> list() {
    return open.values().stream().map(Entry::handle).toList();
  }

  List<AutoCloseable> resources() {
    return open.values().stream().map(Entry::resource).toList();
  }

  /** Closes what is still open, the newest first. */
  void closeAll() {
    List<Entry> entries = new ArrayList<>(open.values());
    Collections.reverse(entries);
    RuntimeException first = null;
    for (Entry entry : entries) {
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
