package dev.graft.testkit;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What Graft logs, for a test to look at. */
public final class Logged {

  private Logged() {}

  /** The lines that are logged while {@code work} is done, each behind its level. */
  public static List<String> during(Callable<?> work) throws Exception {
    List<String> lines = new CopyOnWriteArrayList<>();
    Handler listener =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            lines.add(record.getLevel() + " " + new SimpleFormatter().formatMessage(record));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger log = Logger.getLogger("dev.graft");
    log.addHandler(listener);
    try {
      Object unused = work.call();
    } finally {
      log.removeHandler(listener);
    }
    return lines;
  }
}
