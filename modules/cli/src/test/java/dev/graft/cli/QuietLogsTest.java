package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** Of what the libraries log a terminal shows warnings only. */
class QuietLogsTest {

  @Test
  void onlyWarningsCome() throws IOException {
    Logger some = Logger.getLogger("dev.graft.SomeClass");
    try {
      assertThat(new QuietLogs()).isNotNull();
      assertThat(some.isLoggable(Level.INFO)).isFalse();
      assertThat(some.isLoggable(Level.WARNING)).isTrue();
    } finally {
      LogManager.getLogManager().readConfiguration(); // Java's own again
    }
  }
}
