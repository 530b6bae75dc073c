package dev.graft.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.logging.LogManager;

/**
 * What the libraries log, for a terminal on which the commands themselves say how it goes: warnings
 * only, a line each, and how far the unpacking of CUDA is, which takes minutes. Whoever names a
 * configuration of {@code java.util.logging} has that instead.
 */
public final class QuietLogs {

  private static final String CLASS = "java.util.logging.config.class";

  private static final String SETTINGS =
      """
      handlers = java.util.logging.ConsoleHandler
      .level = WARNING
      dev.graft.cuda.level = INFO
      java.util.logging.SimpleFormatter.format = %4$s: %5$s%n
      """;

  /** For the log manager, which makes one when something is first logged. */
  public QuietLogs() throws IOException {
    LogManager.getLogManager()
        .readConfiguration(
            new ByteArrayInputStream(SETTINGS.getBytes(StandardCharsets.ISO_8859_1)));
  }

  /** Costs nothing until something is logged. */
  static void use() {
    if (System.getProperty("java.util.logging.config.file") == null
        && System.getProperty(CLASS) == null) {
      System.setProperty(CLASS, QuietLogs.class.getName());
    }
  }
}
