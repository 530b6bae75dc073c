package dev.graft.check;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The end of what a process prints. It is read as it comes, so that the process does not wait, and
 * all but the end is let go: a model may print as much as it likes.
 */
final class LogTail {

  static final int KEPT = 1 << 16; // bytes

  private final byte[] ring = new byte[KEPT];
  private final Thread reader;
  private long read; // guarded by ring

  /** Reads {@code printed} to its end, in a thread of its own. */
  LogTail(InputStream printed) {
    reader = new Thread(() -> read(printed), "graft-check-log");
    reader.setDaemon(true);
    reader.start();
  }

  private void read(InputStream printed) {
    byte[] some = new byte[1 << 13];
    try (printed) {
      for (int count = printed.read(some); count >= 0; count = printed.read(some)) {
        synchronized (ring) {
          for (int i = 0; i < count; i++) {
            ring[(int) (read++ % KEPT)] = some[i];
          }
        }
      }
    } catch (IOException e) {
      // the process is gone, and with it the pipe
    }
  }

  /** The last lines, once the process has ended; the first of them may be cut. */
  List<String> lines() {
    try {
      reader.join(1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (ring) {
      int count = (int) Math.min(read, KEPT);
      byte[] last = new byte[count];
      for (int i = 0; i < count; i++) {
        last[i] = ring[(int) ((read - count + i) % KEPT)];
      }
      return new String(last, StandardCharsets.ISO_8859_1).lines().toList();
    }
  }
}
